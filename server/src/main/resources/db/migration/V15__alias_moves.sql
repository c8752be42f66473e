-- Runs on SQLite and PostgreSQL.

-- What each alias has meant, the last row of each what it means now.
CREATE TABLE alias_move (
    number            BIGINT NOT NULL PRIMARY KEY,  -- in their order
    time              BIGINT NOT NULL,              -- epoch milliseconds
    alias             TEXT NOT NULL,
    model             TEXT NOT NULL,                -- id of a file's model
    digest            TEXT NOT NULL,                -- of its file then, hexadecimal; '' if it was not known
    settings          BOOLEAN NOT NULL,             -- whether the settings file said so
    author            TEXT NOT NULL                 -- name of the key that did it; '' if it was the settings file
);

CREATE INDEX alias_move_by_alias ON alias_move (alias, number);
