package dev.gufo.engine;

import java.time.Duration;
import java.util.Optional;

/** A generation under way. Read by one thread; {@link #cancel} and {@link #close} may come from any. */
public interface Generation extends AutoCloseable {
    /**
     * The next event, waiting for it if need be. After {@link GenerationEvent.Finished} or
     * {@link GenerationEvent.Failed} nothing more comes.
     *
     * @param timeout longest wait
     * @return empty if nothing came in time
     * @throws InterruptedException if the waiting thread was interrupted
     */
    Optional<GenerationEvent> next(Duration timeout) throws InterruptedException;

    /** Stops it within one step of the engine; its KV memory serves others from then on. Idempotent, never blocks. */
    void cancel();

    /** The same as {@link #cancel}. */
    @Override
    default void close() {
        cancel();
    }
}
