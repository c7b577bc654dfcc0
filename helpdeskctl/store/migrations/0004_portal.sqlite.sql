-- A CHECK of SQLite cannot be changed: the table is made anew.
ALTER TABLE portal_token RENAME TO portal_token_before;
DROP INDEX portal_token_contact;
DROP INDEX portal_token_ticket;
DROP INDEX portal_token_expires;
CREATE TABLE portal_token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  secret_sha256 TEXT NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'confirm', 'register', 'reset', 'invite', 'change_address', 'handle', 'ticket_link',
                                        'rate', 'feed')),
  contact_id INTEGER REFERENCES contact (id) ON DELETE CASCADE,
  address TEXT,
  ticket_id INTEGER REFERENCES ticket (id) ON DELETE CASCADE,
  code_sha256 TEXT,
  nonce_sha256 TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  expires_at TEXT /*time*/ NOT NULL,
  used_at TEXT /*time*/,
  created_at TEXT /*time*/ NOT NULL
);
INSERT INTO portal_token (id, secret_sha256, purpose, contact_id, address, ticket_id, code_sha256, nonce_sha256, tries, expires_at, used_at, created_at)
  SELECT id, secret_sha256, purpose, contact_id, address, ticket_id, code_sha256, nonce_sha256, tries, expires_at, used_at, created_at FROM portal_token_before;
DROP TABLE portal_token_before;
CREATE INDEX portal_token_contact ON portal_token (contact_id);
CREATE INDEX portal_token_ticket ON portal_token (ticket_id);
CREATE INDEX portal_token_expires ON portal_token (expires_at);
