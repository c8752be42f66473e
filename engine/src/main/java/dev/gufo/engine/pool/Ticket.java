package dev.gufo.engine.pool;

import dev.gufo.engine.EngineException;
import java.time.Duration;
import java.util.Optional;

/** A place in the line for a model. Belongs to one thread. */
public interface Ticket extends AutoCloseable {
    /**
     * Waits until the model may be used.
     *
     * @return empty if it is not loaded in time; the place in the line is kept, and a lease that was given is the
     *     caller's to close
     * @throws EngineException.Broken if it can't be loaded, with the reason in one line
     * @throws EngineException.Refused with {@link dev.gufo.engine.Refusal.NotReady} if nothing is loaded any more
     */
    Optional<Lease> await(Duration timeout) throws InterruptedException;

    /** How far the model is. Never blocks. */
    Residency residency();

    /** Leaves the line; does nothing after a lease was given. Idempotent. */
    @Override
    void close();
}
