-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

-- Responses that are made in the background: a row is here until the response has ended.
CREATE TABLE response_job (
    id                TEXT NOT NULL PRIMARY KEY, -- response.id
    key_id            TEXT NOT NULL,
    server            BIGINT NOT NULL,          -- server_run.id of who computes it, or did when it died
    time              BIGINT NOT NULL,
    request           TEXT NOT NULL             -- JSON
);

CREATE INDEX response_job_by_server ON response_job (server);

-- Their events, in bundles.
CREATE TABLE response_event (
    response          TEXT NOT NULL,            -- response.id
    first             BIGINT NOT NULL,          -- sequence numbers
    last              BIGINT NOT NULL,
    body              TEXT NOT NULL,            -- as they are sent
    PRIMARY KEY (response, first)
);
