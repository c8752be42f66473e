/**
 * Where the server keeps what must outlive it: SQLite in the data folder, or PostgreSQL; one SQL for both. Safe for any
 * thread.
 */
@NullMarked
package dev.gufo.server.database;

import org.jspecify.annotations.NullMarked;
