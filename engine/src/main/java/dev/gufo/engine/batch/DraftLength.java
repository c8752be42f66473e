package dev.gufo.engine.batch;

/**
 * How many tokens to guess ahead: as many as make the most tokens in the least time, by what steps cost and by how
 * often guesses were right, and none where that does not pay. Guesses that were not computed are compared with what the
 * model chose all the same, so that it is known for nothing when they begin to be right.
 *
 * <p>Belongs to the engine thread.
 */
final class DraftLength {
    /** A guess must promise so much before it is worth a try: what is measured wavers. */
    private static final double WORTH_IT = 1.1;

    private static final double SMOOTHING = 0.15;

    private final double[] right;

    /**
     * @param right how likely the next token of a guess is right, if all before it were, by the kind of guess, until
     *     that is known: above 0 and below 1
     */
    DraftLength(double... right) {
        this.right = right.clone();
    }

    /**
     * How many tokens of a guess to compute.
     *
     * @param most tokens that the guess has and the step has room for
     */
    int of(int kind, int most, StepCost cost) {
        double chance = right[kind];
        double expected = 1; // tokens of the step
        double likely = 1;
        double best = WORTH_IT;
        int length = 0;
        for (int tokens = 1; tokens <= most; tokens++) {
            likely *= chance;
            expected += likely;
            double gain = expected / cost.of(1 + tokens);
            if (gain > best) {
                best = gain;
                length = tokens;
            }
        }
        return length;
    }

    /** Notes whether a token of a guess, before which all were right, was what the model chose. */
    void observe(int kind, boolean wasRight) {
        right[kind] += SMOOTHING * ((wasRight ? 1 : 0) - right[kind]);
    }
}
