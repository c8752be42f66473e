-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

CREATE TABLE response (
    id                TEXT NOT NULL PRIMARY KEY,
    key_id            TEXT NOT NULL,            -- whose it is
    time              BIGINT NOT NULL,
    previous          TEXT NOT NULL,            -- response.id that it goes on with, even if that is no longer here; '' without
    bytes             BIGINT NOT NULL,          -- of its text and its items
    body              TEXT NOT NULL             -- JSON, as it was answered
);

CREATE INDEX response_by_time ON response (time);

CREATE TABLE response_item (
    response          TEXT NOT NULL,            -- response.id
    position          INTEGER NOT NULL,         -- its input first, then its output
    key_id            TEXT NOT NULL,
    id                TEXT NOT NULL,            -- several responses may have the same item in their input
    input             BOOLEAN NOT NULL,
    body              TEXT NOT NULL,            -- JSON
    PRIMARY KEY (response, position)
);

CREATE INDEX response_item_by_id ON response_item (key_id, id);
