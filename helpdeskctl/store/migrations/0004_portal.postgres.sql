-- One-time secrets for registering, rating and feeds, too.
ALTER TABLE portal_token DROP CONSTRAINT portal_token_purpose_check;
ALTER TABLE portal_token ADD CONSTRAINT portal_token_purpose_check CHECK (purpose IN ('sign_in', 'confirm', 'register',
  'reset', 'invite', 'change_address', 'handle', 'ticket_link', 'rate', 'feed'));
