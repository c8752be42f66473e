package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;

/**
 * What a context shall hold.
 *
 * @param contextTokens of one sequence
 * @param sequences each with KV memory of its own
 * @param microBatchTokens most tokens that are computed at once
 * @param outputs most tokens of a batch whose logits are kept
 * @param cached whether keys and values are kept; an encoder keeps none
 * @param compute types of the cache, and how it is computed
 */
public record Demand(
        int contextTokens, int sequences, int microBatchTokens, int outputs, boolean cached, ComputeSettings compute) {
    /** llama.cpp rounds the cells of a sequence up to a multiple of this. */
    static final int CELL_STEP = 256;

    /** KV cells of one sequence. */
    long cells() {
        return Math.ceilDiv((long) contextTokens, CELL_STEP) * CELL_STEP;
    }

    Demand sized(int newContextTokens, int newSequences) {
        return new Demand(
                newContextTokens, newSequences, microBatchTokens, outputs - sequences + newSequences, cached, compute);
    }
}
