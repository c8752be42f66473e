-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

-- Every start of a server is one row here, so that rows left open by a dead one can be told from those of a living one.
CREATE TABLE server_run (
    id                BIGINT NOT NULL PRIMARY KEY,
    host              TEXT NOT NULL,            -- boot and process namespace: where its pid means something
    pid               BIGINT NOT NULL,
    pid_started       BIGINT NOT NULL,          -- 0 if the system does not tell
    heartbeat         BIGINT NOT NULL,          -- by the database's clock
    ended             BOOLEAN NOT NULL          -- it left nothing open, or what it left has been settled
);

CREATE TABLE ledger (
    server            BIGINT NOT NULL,          -- server_run.id
    number            BIGINT NOT NULL,          -- counts the requests of that server
    request_id        TEXT NOT NULL,
    key_id            TEXT NOT NULL,            -- '' without a key
    key_name          TEXT NOT NULL,
    model             TEXT NOT NULL,
    endpoint          TEXT NOT NULL,
    stream            BOOLEAN NOT NULL,
    time              BIGINT NOT NULL,
    status            TEXT NOT NULL,
    finish_reason     TEXT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL,
    queue_ms          BIGINT NOT NULL,
    prefill_ms        BIGINT NOT NULL,
    decode_ms         BIGINT NOT NULL,
    ttft_ms           BIGINT,                   -- without a token there is none
    total_ms          BIGINT,                   -- unknown if the server died
    client_gone       BOOLEAN NOT NULL,
    PRIMARY KEY (server, number)
);

CREATE INDEX ledger_by_time ON ledger (time);
CREATE INDEX ledger_by_key ON ledger (key_id, time);
CREATE INDEX ledger_open ON ledger (server) WHERE status = 'open';
