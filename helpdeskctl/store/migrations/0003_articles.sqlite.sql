-- Full text of articles.
CREATE VIRTUAL TABLE article_search USING fts5 (
  title,
  body,
  tokenize = "unicode61 remove_diacritics 0"
);
