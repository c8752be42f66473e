package dev.gufo.engine.llama;

/**
 * The size of a context for vectors.
 *
 * @param windowTokens most tokens of one input
 * @param stepTokens most tokens of one batch of several inputs, and of a piece of an input that the model need not see
 *     at once
 * @param whole whether the model must see all of an input at once
 * @param threads CPU threads
 */
public record EmbeddingLimits(int windowTokens, int stepTokens, boolean whole, int threads) {
    private static final int MOST_SEQUENCES = 64;

    /** Tokens that are computed at once, each of them an output. */
    public int batchTokens() {
        return whole ? Math.max(windowTokens, stepTokens) : stepTokens;
    }

    /** Cells of the KV cache, if the model has one; all inputs of a batch share them. */
    public int cells() {
        return Math.max(windowTokens, batchTokens());
    }

    /** Inputs that one batch can hold; llama.cpp counts on an output for each. */
    public int sequences() {
        return Math.min(MOST_SEQUENCES, batchTokens());
    }
}
