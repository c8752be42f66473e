package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.EmbeddingLimits;

/**
 * What a context shall hold.
 *
 * @param contextTokens of one sequence
 * @param sequences that are computed together
 * @param vectors whether inputs shall become vectors; they share the cells of one context
 * @param microBatchTokens most tokens that are computed at once
 * @param outputs most tokens of a batch whose results are kept
 * @param compute types of the cache, and how it is computed
 */
public record Demand(
        int contextTokens, int sequences, boolean vectors, int microBatchTokens, int outputs, ComputeSettings compute) {
    /** llama.cpp rounds the cells of a sequence up to a multiple of this. */
    static final int CELL_STEP = 256;

    /** A context for vectors. Its cache is as llama.cpp makes it by itself. */
    static Demand ofVectors(EmbeddingLimits limits, ComputeSettings settings) {
        int tokens = limits.batchTokens();
        return new Demand(limits.windowTokens(), limits.sequences(), true, tokens, tokens, settings.withDefaultCache());
    }

    /** Whether sequences of texts take cells of one pool. */
    public boolean pooled() {
        return !vectors && compute.sharesKv();
    }

    /** KV cells that a token sees at most: those of its sequence, or all that are shared. */
    long cells() {
        long tokens = contextTokens;
        if (vectors) {
            tokens = Math.max(contextTokens, microBatchTokens);
        } else if (pooled()) {
            tokens = (long) contextTokens * sequences;
        }
        return Math.ceilDiv(tokens, CELL_STEP) * CELL_STEP;
    }

    /**
     * KV cells of all sequences in a layer that looks back {@code window} tokens: as many as in others, or those of the
     * window and of what is computed at once.
     */
    long windowCells(int window) {
        if (compute.swaFull() != SwaFull.OFF) {
            return allCells();
        }
        long one = Math.min(cells(), (long) window * (pooled() ? sequences : 1) + microBatchTokens);
        long padded = Math.ceilDiv(one, CELL_STEP) * CELL_STEP;
        return pooled() ? padded : padded * sequences;
    }

    /** What the sequences of texts have, in words. */
    public String text() {
        return pooled()
                ? "%d tokens that %d sequences share".formatted((long) contextTokens * sequences, sequences)
                : "%d tokens for each of %d sequences".formatted(contextTokens, sequences);
    }

    /** KV cells of all sequences. */
    long allCells() {
        return vectors || pooled() ? cells() : cells() * sequences;
    }
}
