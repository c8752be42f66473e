package dev.gufo.engine.batch;

/**
 * Where guesses of one sequence's next tokens come from.
 *
 * <p>Belongs to the engine thread.
 */
sealed interface Guesser permits ForcedGuesser, NgramGuesser, ModelGuesser {
    /**
     * Makes a guess for the next step.
     *
     * @param tokens of the sequence
     * @param count how many of them count
     * @param most tokens that the step has room for
     * @return tokens of the guess that are worth computing
     */
    int next(int[] tokens, int count, int most, StepCost cost);

    /** A token of the guess. */
    int token(int[] tokens, int number);

    /**
     * Compares the next token of the guess with what the model chose, and learns from it, also if it was not worth
     * computing.
     *
     * @param tokens of the sequence, without that
     * @param count how many of them count
     * @return whether the guess had one, and it was right
     */
    boolean compare(int[] tokens, int count, int chosen);

    /** Hears of a step, as {@link DraftSource#computed}. */
    default void computed(int[] tokens, int from, int[] entered, int first) {}
}
