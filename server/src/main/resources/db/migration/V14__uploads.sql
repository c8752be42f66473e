-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

-- Files that come in parts. The contents of parts are in the folder of files, under their ids.
CREATE TABLE upload (
    id                TEXT NOT NULL PRIMARY KEY,
    key_id            TEXT NOT NULL,            -- whose it is
    created           BIGINT NOT NULL,
    expires           BIGINT NOT NULL,          -- when it can't be completed any more
    name              TEXT NOT NULL,            -- of the file that it will be
    purpose           TEXT NOT NULL,
    bytes             BIGINT NOT NULL,          -- that the file will have
    lasts             BIGINT NOT NULL,          -- seconds that the file stays; 0 as long as any
    status            TEXT NOT NULL,
    file              TEXT NOT NULL             -- stored_file.id; '' until it is completed
);

CREATE INDEX upload_by_expiry ON upload (expires);

CREATE TABLE upload_part (
    id                TEXT NOT NULL PRIMARY KEY,
    upload            TEXT NOT NULL,            -- upload.id
    key_id            TEXT NOT NULL,            -- whose it is
    bytes             BIGINT NOT NULL,
    sha256            TEXT NOT NULL             -- of the contents, hexadecimal
);

CREATE INDEX upload_part_by_upload ON upload_part (upload);
