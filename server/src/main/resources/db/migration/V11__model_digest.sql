-- Which file answered: SHA-256 in hexadecimal, or '' if it was not known when the request was accepted.

ALTER TABLE ledger ADD COLUMN model_digest TEXT NOT NULL DEFAULT '';
