/**
 * The second engine: the seam on java-llama.cpp, whose jar from Maven Central brings libraries for every desktop system
 * along.
 *
 * <p>Of that library only {@code generate}, {@code embed}, {@code encode} and {@code decode} are called, and with
 * nothing that was not checked before: some of its other calls end the process on bad input. Whatever else a request
 * wants is done in Java, or refused.
 *
 * <p>The library has a thread of its own, which computes for all sequences. Here each running generation has a platform
 * thread that waits for its tokens, as many as there are sequences, and all inputs of embedding requests have one
 * together. Events are handed out by whichever of these threads has some, one at a time
 * ({@link dev.gufo.engine.jllama.HandOver}). Any thread tokenizes, queues and cancels.
 */
@NullMarked
package dev.gufo.engine.jllama;

import org.jspecify.annotations.NullMarked;
