-- Name of the content policy for a key: '' for the server's default, 'off' for none.

ALTER TABLE api_key ADD COLUMN policy TEXT NOT NULL DEFAULT '';
