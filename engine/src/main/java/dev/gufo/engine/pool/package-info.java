/**
 * Several models in the memory of one machine: which are loaded, and which have to go for another. Models are loaded
 * when they are asked for and stay while there is room. {@link dev.gufo.engine.pool.ModelPool} is safe for any number
 * of threads; what decides, {@link dev.gufo.engine.pool.Residents}, has none and is guarded by its lock. Requests wait
 * on their own threads.
 */
@NullMarked
package dev.gufo.engine.pool;

import org.jspecify.annotations.NullMarked;
