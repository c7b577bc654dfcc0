-- Customers who wait for an agent's yes, and tickets of a company that one of its people does not want to see.
ALTER TABLE contact ADD COLUMN portal_asked_at TEXT /*time*/;
ALTER TABLE delegate ADD COLUMN address TEXT NOT NULL DEFAULT '';

CREATE TABLE mute (
  contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  ticket_id INTEGER NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
  PRIMARY KEY (contact_id, ticket_id)
);
CREATE INDEX mute_ticket ON mute (ticket_id);
