/**
 * What {@code gufo serve} is put together of: models and their names, folders, database, the server. The main thread's.
 */
@NullMarked
package dev.gufo.server.boot;

import org.jspecify.annotations.NullMarked;
