package dev.gufo.server.models;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Planned;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import java.util.Optional;

/**
 * Where a model's engine comes from: the pool brings it into memory when it is wanted. Any thread.
 *
 * @param pool closed by someone else
 * @param file the id of the model's file in the pool
 */
public record Residence(ModelPool pool, String file) {
    /** A place in the line for the model, to be closed by the caller. */
    public Ticket request() {
        return pool.request(file);
    }

    /** As {@link ModelPool#preview}: how it would be loaded if it were alone. */
    public Planned preview() {
        return pool.preview(file);
    }

    /** Where the model is. Never blocks. */
    public Residency residency() {
        return pool.residency(file);
    }

    /** The engine, if it is loaded or being loaded, to look at and not to use. */
    public Optional<Engine> engine() {
        return pool.engine(file);
    }

    /** As {@link ModelPool#onChange}: where the model is may have changed. */
    public Subscription onChange(Runnable listener) {
        return pool.onChange(listener);
    }

    /** Has it stay once it is loaded, or go as others do; loads nothing. */
    public void pin(boolean stays) {
        pool.pin(file, stays);
    }

    /** Whether it stays once it is loaded. */
    public boolean isPinned() {
        return pool.isPinned(file);
    }

    /** Unloads it as soon as it is not in use. */
    public void unload() {
        pool.unload(file);
    }

    /** What the engine says, if there is one and it takes requests. */
    public Optional<EngineStatus.Ready> ready() {
        return engine().map(Engine::status)
                .filter(EngineStatus.Ready.class::isInstance)
                .map(EngineStatus.Ready.class::cast);
    }
}
