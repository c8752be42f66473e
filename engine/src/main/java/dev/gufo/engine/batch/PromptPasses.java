package dev.gufo.engine.batch;

import java.util.Arrays;

/**
 * How many prompts a step should take where each sequence has a KV cache of its own. llama.cpp computes sequences of
 * one length in one pass over the weights, and each other length in one more ({@code llama_batch_allocr::split_equal}),
 * so that a full step of prompts of different lengths takes longer than two that have room to make them equally long.
 */
final class PromptPasses {
    /** As many tokens are worth a pass over the weights: a large GPU computes them in about the same time. */
    static final int TOKENS = 48;

    private PromptPasses() {}

    /**
     * How many of the first prompts make the most of a step's time.
     *
     * @param lengths tokens of each that fit the step
     * @param room tokens that the step has for prompts
     * @param generating sequences that take one token each, in a pass of their own
     * @return 1 to {@code lengths.length}; 0 if there is none
     */
    static int most(int[] lengths, int room, int generating) {
        int best = 0;
        double bestRate = 0;
        int tokens = 0;
        int longest = 0;
        for (int count = 1; count <= lengths.length; count++) {
            tokens += lengths[count - 1];
            longest = Math.max(longest, lengths[count - 1]);
            int passes = (int) Arrays.stream(lengths, 0, count).distinct().count();
            int asTheyAre = passes * TOKENS + tokens;
            int equal = count * longest <= room ? TOKENS + count * longest : asTheyAre;
            double rate = (double) tokens / (TOKENS + generating + Math.min(asTheyAre, equal));
            if (rate >= bestRate) {
                bestRate = rate;
                best = count;
            }
        }
        return best;
    }
}
