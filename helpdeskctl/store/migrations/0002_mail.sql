-- Mail: catch-all and size policy of mailboxes, sign-in by OAuth 2.0, an allow list, rules of the desk's own, aliases.
ALTER TABLE mailbox ADD COLUMN too_large TEXT NOT NULL DEFAULT 'leave' CHECK (too_large IN ('leave', 'quarantine'));
ALTER TABLE mailbox ADD COLUMN catch_all INTEGER NOT NULL DEFAULT 0 CHECK (catch_all IN (0, 1));
ALTER TABLE attachment ADD COLUMN withheld TEXT;
ALTER TABLE block ADD COLUMN allow INTEGER NOT NULL DEFAULT 0 CHECK (allow IN (0, 1));
CREATE INDEX incoming_sender ON incoming_mail (sender, created_at) WHERE sender IS NOT NULL;
CREATE INDEX ticket_spam ON ticket (id) WHERE spam = 1;
CREATE INDEX outgoing_recipient_failed ON outgoing_recipient (outgoing_id) WHERE state IN ('refused', 'bounced', 'unknown');

CREATE TABLE mailbox_login (
  mailbox_id INTEGER PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ('device', 'browser', 'app')),
  token_url TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_secret_id INTEGER REFERENCES secret (id),
  client_secret_until TEXT /*time*/,
  scope TEXT NOT NULL,
  tokens_id INTEGER REFERENCES secret (id),
  access_until TEXT /*time*/,
  refreshed_at TEXT /*time*/,
  failing_since TEXT /*time*/,
  last_error TEXT,
  created_at TEXT /*time*/ NOT NULL
);

CREATE TABLE rule (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  trigger_on TEXT NOT NULL CHECK (trigger_on IN ('mail', 'created', 'updated', 'reply', 'time')),
  query TEXT NOT NULL DEFAULT '',
  actions TEXT /*json*/ NOT NULL,
  stop INTEGER NOT NULL DEFAULT 0 CHECK (stop IN (0, 1)),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  position INTEGER NOT NULL DEFAULT 0,
  created_at TEXT /*time*/ NOT NULL
);

CREATE TABLE rule_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  rule_id INTEGER NOT NULL REFERENCES rule (id) ON DELETE CASCADE,
  incoming_id INTEGER REFERENCES incoming_mail (id) ON DELETE CASCADE,
  ticket_id INTEGER REFERENCES ticket (id) ON DELETE CASCADE,
  actions TEXT /*json*/ NOT NULL,
  at TEXT /*time*/ NOT NULL
);
CREATE INDEX rule_run_rule ON rule_run (rule_id, id);
CREATE INDEX rule_run_incoming ON rule_run (incoming_id);
CREATE INDEX rule_run_ticket ON rule_run (ticket_id);

CREATE TABLE ticket_alias (
  tag TEXT NOT NULL,
  ticket_id INTEGER NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
  source TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tag, ticket_id)
);
CREATE INDEX ticket_alias_ticket ON ticket_alias (ticket_id);
