-- Full text. One row a message (rowid = message.id): its folded words, and the department whose agents may find it.
CREATE VIRTUAL TABLE message_search USING fts5 (
  words,
  scope,                                      -- dept<ID>, inside the index: `words AND scope` is one index query
  tokenize = "unicode61 remove_diacritics 0", -- the words are folded already (domain/folding.py)
  columnsize = 0                              -- lengths serve ranking only; hits come newest first
);

-- The same for articles (rowid = article_text.id), a title apart from its body: hits come best first.
CREATE VIRTUAL TABLE article_search USING fts5 (
  title,
  body,
  tokenize = "unicode61 remove_diacritics 0"
);
