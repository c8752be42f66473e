/**
 * Many requests in one file, computed while others leave room. A batch and what has come of its lines are rows, so that
 * a server goes on with what another one has left. Safe for any thread; each batch, and each line under way, has a
 * thread of its own.
 */
@NullMarked
package dev.gufo.server.batches;

import org.jspecify.annotations.NullMarked;
