package dev.gufo.engine.worker;

import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.DecodeFailed;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.LoadFailed;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Whether a GPU that is there computes: a tiny model of random weights is put on it and has one token computed. */
final class DeviceTrial {
    private static final int ALL_LAYERS = -1;
    private static final int CONTEXT_TOKENS = 256;

    private DeviceTrial() {}

    /** Why not, in one line; empty if it does. May end the process, as native code does. */
    static Optional<String> refusal(LlamaLibrary library) throws IOException {
        Path file = Files.createTempFile("gufo-trial", ".gguf");
        try {
            RandomModel.write(ModelShape.TINY, 1, file);
            compute(library, file);
            return Optional.empty();
        } catch (LoadFailed | DecodeFailed e) {
            return Optional.of(String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void compute(LlamaLibrary library, Path file) {
        var limits = new ContextLimits(1, CONTEXT_TOKENS, 1, 1, 1, 1);
        try (LlamaModel model = LlamaModel.load(library, file, ALL_LAYERS, percent -> {});
                LlamaContext context = model.newContext(limits);
                TokenBatch batch = context.newBatch()) {
            int output = batch.add(0, 0, 0, true);
            if (!context.decode(batch)) {
                throw new AssertionError("one token does not fit an empty cache");
            }
            context.requireFinite(output);
        }
    }
}
