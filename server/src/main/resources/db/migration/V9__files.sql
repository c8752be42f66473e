-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

-- Files that callers uploaded, and that were made for them. The contents are in the folder of files, under the id.
CREATE TABLE stored_file (
    id                TEXT NOT NULL PRIMARY KEY,
    key_id            TEXT NOT NULL,            -- whose it is
    created           BIGINT NOT NULL,
    expires           BIGINT NOT NULL,          -- 0 if it stays
    name              TEXT NOT NULL,            -- as the caller calls it; never a path
    purpose           TEXT NOT NULL,
    bytes             BIGINT NOT NULL,
    sha256            TEXT NOT NULL,            -- of the contents, hexadecimal
    holds             INTEGER NOT NULL          -- by how many it is needed: it stays as long as there is one
);

CREATE INDEX stored_file_by_key ON stored_file (key_id, created, id);
CREATE INDEX stored_file_by_expiry ON stored_file (expires);
