-- The knowledge base: categories, articles in several languages, their files and votes.
CREATE TABLE article_category (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  names TEXT /*json*/ NOT NULL,
  position INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE article (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  category_id INTEGER NOT NULL REFERENCES article_category (id),
  status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'reviewed', 'published', 'obsolete')),
  audience TEXT NOT NULL DEFAULT 'everyone' CHECK (audience IN ('everyone', 'signed-in', 'company')),
  company_id INTEGER REFERENCES company (id),
  position INTEGER NOT NULL DEFAULT 0,
  ticket_id INTEGER REFERENCES ticket (id) ON DELETE SET NULL,
  views INTEGER NOT NULL DEFAULT 0,
  published_at TEXT /*time*/,
  created_at TEXT /*time*/ NOT NULL,
  updated_at TEXT /*time*/ NOT NULL,
  CHECK ((audience = 'company') = (company_id IS NOT NULL))
);
CREATE INDEX article_of_category ON article (category_id, position, id);
CREATE INDEX article_news ON article (published_at, id) WHERE status = 'published';
CREATE INDEX article_company ON article (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX article_ticket ON article (ticket_id) WHERE ticket_id IS NOT NULL;

CREATE TABLE article_text (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  updated_at TEXT /*time*/ NOT NULL,
  UNIQUE (article_id, language)
);

CREATE TABLE article_file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  filename TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  UNIQUE (article_id, filename)
);
CREATE INDEX article_file_blob ON article_file (sha256);

CREATE TABLE article_vote (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
  words TEXT NOT NULL DEFAULT '',
  at TEXT /*time*/ NOT NULL
);
CREATE INDEX article_vote_article ON article_vote (article_id);
