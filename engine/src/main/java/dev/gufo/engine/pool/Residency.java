package dev.gufo.engine.pool;

import dev.gufo.engine.EngineStatus;
import java.time.Instant;

/** Where a model is between disk and memory. */
public sealed interface Residency {
    /** On disk alone. */
    record Unloaded() implements Residency {}

    /**
     * Wanted, while others are evicted.
     *
     * @param position models that are loaded first
     */
    record Waiting(int position) implements Residency {}

    /**
     * On its way into memory.
     *
     * @param percent 0 to 100
     */
    record Loading(int percent) implements Residency {}

    /**
     * In memory.
     *
     * @param engine what its engine says, which may be restarting
     * @param leases requests that use it
     * @param footprint memory that it was given
     * @param pinned whether it stays
     * @param lastUsed when a lease was given or given back
     */
    record Loaded(EngineStatus engine, int leases, Footprint footprint, boolean pinned, Instant lastUsed)
            implements Residency {}

    /**
     * Is evicted: leaves memory as soon as no request uses it.
     *
     * @param leases requests that still do
     */
    record Unloading(int leases) implements Residency {}

    /**
     * The last attempt to load it failed; the next request is another one.
     *
     * @param reason one line
     */
    record Failed(String reason) implements Residency {}
}
