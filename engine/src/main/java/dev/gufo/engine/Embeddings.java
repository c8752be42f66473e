package dev.gufo.engine;

import java.time.Duration;
import java.util.Optional;

/** Vectors under way. Read by one thread; {@link #cancel} and {@link #close} may come from any. */
public interface Embeddings extends AutoCloseable {
    /**
     * All vectors, waiting for them if need be.
     *
     * @param timeout longest wait
     * @return one for each input, in their order: {@link EmbeddingInfo#dimensions} numbers, of length 1 but with
     *     {@link Pooling#RANK}; empty if they were not done in time
     * @throws EngineException if the engine ended first
     * @throws InterruptedException if the waiting thread was interrupted
     */
    Optional<float[][]> await(Duration timeout) throws InterruptedException;

    /**
     * Tokens of the inputs whose vectors are there by now: what was computed, also if the engine ended or it was
     * cancelled since.
     *
     * @return 0 up to {@link EmbeddingRequest#tokens}; never less than before
     */
    int computedTokens();

    /** Lets the inputs that are not computed yet go. Idempotent, never blocks. */
    void cancel();

    /** The same as {@link #cancel}. */
    @Override
    default void close() {
        cancel();
    }
}
