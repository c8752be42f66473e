package dev.gufo.engine;

/** Is told of an engine's status: see {@link Engine#onStatus}. */
@FunctionalInterface
public interface StatusListener {
    /** Takes note of it. Must not block, wait for a lock or throw: it may be the engine's own thread that calls. */
    void changed(EngineStatus now);
}
