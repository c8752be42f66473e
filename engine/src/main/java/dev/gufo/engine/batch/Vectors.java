package dev.gufo.engine.batch;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.EmbeddingLimits;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.gguf.GgufModel;
import dev.gufo.store.ModelRole;

/**
 * A context for vectors, as large as the model and the settings want it.
 *
 * @param info what to tell about it
 */
record Vectors(EmbeddingContext context, EmbeddingInfo info) {
    static Vectors open(Sizing sizing, LlamaModel model) {
        EngineSettings settings = sizing.settings();
        GgufModel file = sizing.file();
        boolean rank = ModelRole.of(file) == ModelRole.RERANK;
        Pooling pooling = rank
                ? Pooling.RANK
                : settings.embeddings().pooling().or(() -> Pooling.of(file)).orElse(Pooling.MEAN);
        boolean whole = !model.isDecoder() || file.seesWhole();
        int window = sizing.plan()
                .windowTokens()
                .orElseThrow(() -> new AssertionError("a context for vectors is opened and was not planned"));
        EmbeddingContext context = model.newEmbeddingContext(
                pooling, new EmbeddingLimits(window, settings.stepTokens(), whole, LoadedModel.threads(sizing, model)));
        PairFormat pairs = rank ? model.vocabulary().pairFormat(file.vectors().rerankTemplate()) : PairFormat.NONE;
        return new Vectors(context, new EmbeddingInfo(pooling, context.dimensions(), window, pairs));
    }
}
