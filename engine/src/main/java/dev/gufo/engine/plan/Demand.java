package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.llama.EmbeddingLimits;

/**
 * What a context shall hold.
 *
 * @param contextTokens of one sequence
 * @param sequences that are computed together
 * @param shared whether they share the cells of a cache, as inputs do that shall become vectors; otherwise each has
 *     cells of its own
 * @param microBatchTokens most tokens that are computed at once
 * @param outputs most tokens of a batch whose results are kept
 * @param compute types of the cache, and how it is computed
 */
public record Demand(
        int contextTokens, int sequences, boolean shared, int microBatchTokens, int outputs, ComputeSettings compute) {
    /** llama.cpp rounds the cells of a sequence up to a multiple of this. */
    static final int CELL_STEP = 256;

    /** A context for vectors. Its cache is as llama.cpp makes it by itself. */
    static Demand ofVectors(EmbeddingLimits limits, ComputeSettings settings) {
        int tokens = limits.batchTokens();
        return new Demand(limits.windowTokens(), limits.sequences(), true, tokens, tokens, settings.withDefaultCache());
    }

    /** KV cells that a token sees at most: those of its sequence, or all that are shared. */
    long cells() {
        long tokens = shared ? Math.max(contextTokens, microBatchTokens) : contextTokens;
        return Math.ceilDiv(tokens, CELL_STEP) * CELL_STEP;
    }

    /** KV cells of all sequences. */
    long allCells() {
        return shared ? cells() : cells() * sequences;
    }
}
