-- Full text of articles.
CREATE TABLE article_search (
  text_id BIGINT PRIMARY KEY REFERENCES article_text (id) ON DELETE CASCADE,
  document TSVECTOR NOT NULL
);
CREATE INDEX article_search_document ON article_search USING gin (document);
