package dev.gufo.engine;

/** Being told of something, until this is closed. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /** Ends it. Idempotent, any thread. */
    @Override
    void close();
}
