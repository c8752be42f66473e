package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.llama.DecodeFailed;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.NonFinite;
import dev.gufo.engine.llama.TokenBatch;

/**
 * The first steps of a model on a GPU, before anyone waits for them. A driver compiles code for a GPU when it first
 * runs, for minutes where the libraries hold none that is ready, and takes memory for it; a GPU that can't run the code
 * at all ends the process. All that is a part of loading, and a failure is a failure to load.
 */
final class WarmUp {
    private static final int TOKEN = 0;

    private WarmUp() {}

    /**
     * Computes a step of a prompt and one of an answer, and forgets both.
     *
     * @param tokens of the prompt; as many as a step of the service has, so that it takes as much memory
     * @throws EngineException.Broken if the GPU computes non-finite numbers
     */
    static void run(LlamaContext context, int tokens) {
        try (TokenBatch batch = context.newBatch()) {
            int output = 0;
            for (int position = 0; position < tokens; position++) {
                output = batch.add(TOKEN, position, 0, position == tokens - 1);
            }
            step(context, batch, output);
            batch.clear();
            step(context, batch, batch.add(TOKEN, tokens, 0, true));
            context.wipe();
        } catch (NonFinite e) {
            throw new EngineException.Broken(
                    "the GPU computes non-finite numbers with this model: " + e.getMessage(), e);
        }
    }

    /**
     * Computes an input, and forgets it.
     *
     * @param tokens of the input; no more are computed than the context computes at once
     * @throws EngineException.Broken if the GPU computes no numbers
     */
    static void run(EmbeddingContext context, int tokens) {
        try (TokenBatch batch = context.newBatch()) {
            int size = Math.min(tokens, batch.room());
            for (int position = 0; position < size; position++) {
                batch.add(TOKEN, position, 0, true);
            }
            context.compute(batch);
            float[] _ = context.vector(0, 0, size, size);
            context.forgetAll();
        } catch (DecodeFailed e) {
            throw new EngineException.Broken("the GPU computes no vectors with this model: " + e.getMessage(), e);
        }
    }

    private static void step(LlamaContext context, TokenBatch batch, int output) {
        if (!context.decode(batch)) {
            throw new AssertionError("%d tokens do not fit an empty cache".formatted(batch.size()));
        }
        context.requireFinite(output);
    }
}
