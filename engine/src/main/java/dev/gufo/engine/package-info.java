/**
 * The seam between a server and whatever runs a model: {@link dev.gufo.engine.Engine}, what goes in and what comes out.
 * Engines are safe to use from any thread; a {@link dev.gufo.engine.Generation} belongs to the one thread that reads
 * it.
 */
@NullMarked
package dev.gufo.engine;

import org.jspecify.annotations.NullMarked;
