/**
 * Files that callers upload, and that the server makes for them: rows in the database, contents in a folder. Safe for
 * any thread.
 */
@NullMarked
package dev.gufo.server.files;

import org.jspecify.annotations.NullMarked;
