-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds, 0 for what has not happened.

CREATE TABLE batch (
    id                TEXT NOT NULL PRIMARY KEY,
    key_id            TEXT NOT NULL,            -- whose it is
    server            BIGINT NOT NULL,          -- server_run.id of who works at it, or did when it died
    created           BIGINT NOT NULL,
    expires           BIGINT NOT NULL,          -- what is not done by then is not done
    endpoint          TEXT NOT NULL,
    input_file        TEXT NOT NULL,            -- stored_file.id
    lasts             BIGINT NOT NULL,          -- seconds that its files stay; 0 as long as any
    metadata          TEXT NOT NULL,            -- JSON; '' without
    status            TEXT NOT NULL,
    model             TEXT NOT NULL,            -- '' until that is known
    errors            TEXT NOT NULL,            -- JSON, why it failed; '' if it has not
    output_file       TEXT NOT NULL,            -- stored_file.id; '' without
    error_file        TEXT NOT NULL,
    in_progress_at    BIGINT NOT NULL,
    finalizing_at     BIGINT NOT NULL,
    completed_at      BIGINT NOT NULL,
    failed_at         BIGINT NOT NULL,
    expired_at        BIGINT NOT NULL,
    cancelling_at     BIGINT NOT NULL,
    cancelled_at      BIGINT NOT NULL,
    total             INTEGER NOT NULL,         -- lines
    done              INTEGER NOT NULL,
    wrong             INTEGER NOT NULL,
    input_tokens      BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    output_tokens     BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL
);

CREATE INDEX batch_by_key ON batch (key_id, created, id);
CREATE INDEX batch_by_server ON batch (server, status);

-- What has come of lines, until it is in files: a line that has a row is done.
CREATE TABLE batch_line (
    batch             TEXT NOT NULL,            -- batch.id
    line              INTEGER NOT NULL,         -- of the input, from 1
    wrong             BOOLEAN NOT NULL,         -- whether it belongs into the file of errors
    body              TEXT NOT NULL,            -- JSON, as it will stand there
    PRIMARY KEY (batch, line)
);
