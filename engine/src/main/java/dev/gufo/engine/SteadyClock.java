package dev.gufo.engine;

import java.time.Instant;
import java.time.InstantSource;

/**
 * The time since it was made, told as moments from the system's clock of then on: steps of the system's clock do not
 * reach it, so that what is to happen after a while happens after that while. Safe for any thread.
 */
public final class SteadyClock implements InstantSource {
    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - startNanos);
    }
}
