-- Runs on SQLite and PostgreSQL. Times are epoch milliseconds.

-- One row: the latest time that the wall clock showed while it could be believed. What is too old is told from it.
CREATE TABLE ledger_clock (
    id                INTEGER NOT NULL PRIMARY KEY,
    believed          BIGINT NOT NULL
);
