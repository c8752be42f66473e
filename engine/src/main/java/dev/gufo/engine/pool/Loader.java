package dev.gufo.engine.pool;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;

/** How a pool's models come into memory. Called by the pool's threads, never under a lock that requests wait for. */
public interface Loader {
    /**
     * How the model would be loaded if {@code free} were free.
     *
     * @throws EngineException.Broken if there is no such model, or it can't be loaded anywhere
     */
    Planned plan(String id, Footprint free);

    /**
     * The same as a question only: nothing follows from it, and it may come from any thread.
     *
     * @throws EngineException.Broken if there is no such model, or it can't be loaded anywhere
     */
    default Planned preview(String id, Footprint free) {
        return plan(id, free);
    }

    /**
     * Begins to load it; {@link Engine#onStatus} tells when it is ready. May take as long as loading does.
     *
     * @throws EngineException.Broken if it can't be loaded
     */
    Engine start(String id, Planned plan);
}
