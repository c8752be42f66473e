package dev.gufo.engine.pool;

import dev.gufo.engine.Engine;

/** The right to use a loaded model: it stays loaded until this is closed. Any thread. */
public interface Lease extends AutoCloseable {
    /** Runs the model; not to be closed by the caller. */
    Engine engine();

    /** Gives the right back. Idempotent. */
    @Override
    void close();
}
