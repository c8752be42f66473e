package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.StepEngine;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.engine.cores.CoreShares;
import dev.gufo.engine.jllama.JllamaEngine;
import java.util.function.IntConsumer;

/** The engines that run a model in the process which opens them. */
public final class LocalEngines {
    private LocalEngines() {}

    /**
     * Loads a model; returns when it is ready.
     *
     * @param cores what models in this process share
     * @param percent is told how far the loading is, 0 to 100, on any thread
     * @throws EngineException.Broken if the file is no valid GGUF, the engine can't run it, or memory is short
     */
    public static StepEngine open(EngineKind kind, EngineSettings settings, CoreShares cores, IntConsumer percent) {
        return switch (kind) {
            case LLAMACPP -> LocalEngine.open(settings, cores, percent);
            case JLLAMA -> JllamaEngine.open(settings, percent);
        };
    }
}
