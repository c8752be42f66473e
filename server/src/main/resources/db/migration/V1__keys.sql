-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds; lists are JSON.

CREATE TABLE api_key (
    id              TEXT PRIMARY KEY,
    prefix          TEXT NOT NULL UNIQUE,      -- the visible start of the key, by which it is looked up
    salt            TEXT NOT NULL,             -- hexadecimal
    hash            TEXT NOT NULL,             -- hexadecimal SHA-256 of salt and key
    name            TEXT NOT NULL,
    owner           TEXT NOT NULL,
    models          TEXT NOT NULL,             -- JSON list of patterns; [] allows all
    endpoints       TEXT NOT NULL,             -- JSON list of patterns; [] allows all
    limits          TEXT NOT NULL,             -- JSON object: what differs from the server's defaults
    priority        INTEGER NOT NULL,
    admin           BOOLEAN NOT NULL,
    disabled        BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    revoked_at      BIGINT                     -- a revoked key stays, so that what it used can be told by name
);

CREATE TABLE key_month (
    key_id          TEXT NOT NULL,
    month           TEXT NOT NULL,             -- UTC, such as 2026-01
    tokens          BIGINT NOT NULL,
    PRIMARY KEY (key_id, month)
);
