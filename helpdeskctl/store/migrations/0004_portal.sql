-- The portal: registering, delegates, sign-in by OpenID, ratings, pages, origins, pictures and words of the desk.
ALTER TABLE department ADD COLUMN answer_within TEXT;
ALTER TABLE contact ADD COLUMN portal_refused INTEGER NOT NULL DEFAULT 0 CHECK (portal_refused IN (0, 1));
ALTER TABLE contact ADD COLUMN wants_mail TEXT /*json*/ NOT NULL DEFAULT '{}';
ALTER TABLE contact ADD COLUMN deletion_asked_at TEXT /*time*/;
ALTER TABLE portal_session ADD COLUMN acting_for_id INTEGER REFERENCES contact (id) ON DELETE CASCADE;

CREATE TABLE delegate (
  contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  delegate_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  created_at TEXT /*time*/ NOT NULL,
  PRIMARY KEY (contact_id, delegate_id),
  CHECK (contact_id <> delegate_id)
);
CREATE INDEX delegate_of ON delegate (delegate_id);

CREATE TABLE contact_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  created_at TEXT /*time*/ NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX contact_identity_contact ON contact_identity (contact_id);

CREATE TABLE rating (
  ticket_id INTEGER PRIMARY KEY REFERENCES ticket (id) ON DELETE CASCADE,
  contact_id INTEGER REFERENCES contact (id) ON DELETE SET NULL,
  good INTEGER NOT NULL CHECK (good IN (0, 1)),
  words TEXT NOT NULL DEFAULT '',
  at TEXT /*time*/ NOT NULL
);

CREATE TABLE page (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('markdown', 'html', 'link')),
  names TEXT /*json*/ NOT NULL,
  bodies TEXT /*json*/ NOT NULL DEFAULT '{}',
  url TEXT,
  audience TEXT NOT NULL DEFAULT 'everyone' CHECK (audience IN ('everyone', 'signed-in')),
  listed INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1)),
  position INTEGER NOT NULL DEFAULT 0,
  CHECK ((kind = 'link') = (url IS NOT NULL))
);

CREATE TABLE portal_origin (
  origin TEXT PRIMARY KEY,
  created_at TEXT /*time*/ NOT NULL
);

CREATE TABLE brand_image (
  name TEXT PRIMARY KEY CHECK (name IN ('logo', 'logo-dark', 'login')),
  content_type TEXT NOT NULL,
  width INTEGER,
  height INTEGER,
  sha256 TEXT NOT NULL
);

CREATE TABLE portal_text (
  key TEXT NOT NULL,
  language TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (key, language)
);
