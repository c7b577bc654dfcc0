-- Full text. One row a message: its folded words and the term DEPT<ID> of the department whose agents may find it.
-- Folded words have no capitals, so that no text can look like such a term.
CREATE TABLE message_search (
  message_id BIGINT PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  department_id BIGINT NOT NULL,
  document TSVECTOR NOT NULL
);
CREATE INDEX message_search_document ON message_search USING gin (document);
