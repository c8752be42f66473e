/**
 * Continuous batching: which tokens of which sequences enter the next decode. Everything here belongs to the engine
 * thread, but for {@link dev.gufo.engine.batch.LocalEngine}, which is the door for all others, and the inbox behind it.
 */
@NullMarked
package dev.gufo.engine.batch;

import org.jspecify.annotations.NullMarked;
