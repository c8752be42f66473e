package dev.gufo.engine.plan;

import dev.gufo.engine.EngineSettings;

/**
 * How much one step of a model for text holds. The plan of its memory and the context are made from the same numbers.
 *
 * @param tokens most tokens of a step, prompts and generation together
 * @param computedTokens most tokens that are computed at once; at most {@code tokens}
 * @param scoredTokens most prompt tokens of a step whose logits are wanted too; each costs a row of the vocabulary's
 *     size
 */
public record StepShape(int tokens, int computedTokens, int scoredTokens) {
    private static final int MOST_COMPUTED = 512;
    private static final int SCORED = 32;

    /** Of a model with these settings. */
    public static StepShape of(EngineSettings settings) {
        return new StepShape(settings.stepTokens(), Math.min(MOST_COMPUTED, settings.stepTokens()), SCORED);
    }

    /** Most tokens of a step whose logits are kept. */
    public int outputs(int sequences) {
        return sequences + scoredTokens;
    }
}
