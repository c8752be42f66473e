/**
 * One request that uses a model, on its own thread: how it enters, which model it gets, what it has taken of limits and
 * memory.
 */
@NullMarked
package dev.gufo.server.exchange;

import org.jspecify.annotations.NullMarked;
