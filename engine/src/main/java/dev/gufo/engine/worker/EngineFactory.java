package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.StepEngine;
import java.util.function.IntConsumer;

/** What a worker runs: the real engine, or another one in tests. */
@FunctionalInterface
interface EngineFactory {
    /**
     * Loads the model, on the calling thread.
     *
     * @param percent told how far loading is, 0 to 100
     * @throws EngineException.Broken if it can't be loaded, with a one-line reason
     */
    StepEngine open(EngineSettings settings, IntConsumer percent);
}
