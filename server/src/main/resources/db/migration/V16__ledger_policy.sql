-- Runs on SQLite and PostgreSQL.

-- What the content policy found in a request and its answer: 'input flag political, output block privacy', or ''.
ALTER TABLE ledger ADD COLUMN policy TEXT NOT NULL DEFAULT '';

CREATE INDEX ledger_by_policy ON ledger (time) WHERE policy <> '';
