-- Runs on SQLite and PostgreSQL.

-- How many of a batch's failed lines were never run: it was cancelled, or its time was over.
ALTER TABLE batch ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;

-- How often a server or a model's process died while a line ran; only of lines that are not done.
CREATE TABLE batch_death (
    batch             TEXT NOT NULL,            -- batch.id
    line              INTEGER NOT NULL,         -- of the input, from 1
    deaths            INTEGER NOT NULL,
    PRIMARY KEY (batch, line)
);
