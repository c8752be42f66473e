package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.SwaFull;
import dev.gufo.gguf.MemoryShape;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A small model that guesses tokens for a large one, as its files say.
 *
 * @param path its file, looked through for everything that could end the process inside llama.cpp
 * @param shape what it takes
 * @param trainedTokens context of its training; longer texts are not guessed for
 */
public record DraftFile(Path path, MemoryShape shape, int trainedTokens) {
    /**
     * Reads it.
     *
     * @throws EngineException.Broken if there is no such file, or it can't be loaded safely
     */
    static DraftFile read(Path path) {
        ModelFile file = ModelFile.read(path);
        try {
            return new DraftFile(
                    path,
                    MemoryShape.of(file.shards()).withoutMtp(),
                    file.model().contextLength());
        } catch (IOException e) {
            throw ModelFile.unreadable(e);
        }
    }

    /** What messages call it. */
    public String name() {
        return "the draft model " + path.getFileName();
    }

    /** Tokens of its context beside one of so many tokens. */
    public int contextTokens(int largeOnes) {
        return Math.min(largeOnes, trainedTokens);
    }

    /** With what follows the layers. */
    public int allLayers() {
        return shape.layers().size() + 1;
    }

    /** What its context holds: one sequence, every token of which may be taken back. */
    Demand demand(EngineSettings settings, int largeOnes) {
        StepShape step = StepShape.of(settings);
        ComputeSettings compute = settings.compute().withKv(SwaFull.ON);
        return new Demand(contextTokens(largeOnes), 1, false, step.computedTokens(), 1, compute);
    }
}
