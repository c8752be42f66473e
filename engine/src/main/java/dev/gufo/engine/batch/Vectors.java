package dev.gufo.engine.batch;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.EmbeddingLimits;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.gguf.GgufModel;

/**
 * A context for vectors, as large as the model and the settings want it.
 *
 * @param info what to tell about it
 */
record Vectors(EmbeddingContext context, EmbeddingInfo info) {
    /** The longest window that nobody asked for: what a batch needs grows with its square. */
    private static final int MOST_TOKENS = 8_192;

    static Vectors open(EngineSettings settings, GgufModel file, LlamaModel model, LlamaLibrary library) {
        boolean rank = ModelRole.of(file) == ModelRole.RERANK;
        Pooling pooling = rank
                ? Pooling.RANK
                : settings.embeddings().pooling().or(() -> Pooling.of(file)).orElse(Pooling.MEAN);
        boolean whole = !model.isDecoder() || !file.causal();
        int window = window(settings, file, model, library);
        EmbeddingContext context = model.newEmbeddingContext(
                pooling, new EmbeddingLimits(window, settings.stepTokens(), whole, LoadedModel.threads(settings)));
        PairFormat pairs = rank ? model.vocabulary().pairFormat(file.rerankTemplate()) : PairFormat.NONE;
        return new Vectors(context, new EmbeddingInfo(pooling, context.dimensions(), window, pairs));
    }

    /** Positions beyond the training's may not even exist in the file. */
    private static int window(EngineSettings settings, GgufModel file, LlamaModel model, LlamaLibrary library) {
        int wanted = settings.contextTokens() == 0 ? MOST_TOKENS : settings.contextTokens();
        int fitting = ContextSize.thatFits(file, 1, model, library.devices());
        return Math.min(wanted, fitting);
    }
}
