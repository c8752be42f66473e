/**
 * The C API of llama.cpp 0.5.0 through the Foreign Function and Memory API: one {@link java.lang.AutoCloseable} class
 * per C object. No {@link java.lang.foreign.MemorySegment} leaves this package. A model and its vocabulary may be read
 * from any thread; a context and the samplers that read its logits belong to the thread that opened the context.
 */
@NullMarked
package dev.gufo.engine.llama;

import org.jspecify.annotations.NullMarked;
