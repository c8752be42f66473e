package dev.gufo.engine.llama;

/**
 * The size of a context for vectors.
 *
 * @param windowTokens most tokens of one input
 * @param stepTokens most tokens of one batch of several inputs, and of a piece of an input that the model need not see at once
 * @param whole whether the model must see all of an input at once
 * @param threads CPU threads
 */
public record EmbeddingLimits(int windowTokens, int stepTokens, boolean whole, int threads) {
    /** Tokens that are computed at once. */
    int batchTokens() {
        return whole ? Math.max(windowTokens, stepTokens) : stepTokens;
    }
}
