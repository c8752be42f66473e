-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

CREATE TABLE conversation (
    id                TEXT NOT NULL PRIMARY KEY,
    key_id            TEXT NOT NULL,            -- whose it is
    created           BIGINT NOT NULL,
    time              BIGINT NOT NULL,          -- of its last change
    bytes             BIGINT NOT NULL,          -- of its items
    metadata          TEXT NOT NULL             -- JSON
);

CREATE INDEX conversation_by_time ON conversation (time);

CREATE TABLE conversation_item (
    conversation      TEXT NOT NULL,            -- conversation.id
    position          BIGINT NOT NULL,
    id                TEXT NOT NULL,
    body              TEXT NOT NULL,            -- JSON
    PRIMARY KEY (conversation, position)
);

CREATE INDEX conversation_item_by_id ON conversation_item (conversation, id);
