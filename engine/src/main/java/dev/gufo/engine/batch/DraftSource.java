package dev.gufo.engine.batch;

/**
 * What {@link ModelGuesser} asks for tokens: it follows the text of one sequence, the one that is alone, and guesses
 * what comes behind.
 *
 * <p>Belongs to the engine thread.
 */
sealed interface DraftSource extends AutoCloseable permits DraftModel, MtpHead {
    /** Where it computes, and the last guess. */
    DraftContext context();

    /**
     * Takes a sequence's tokens in, those that it has not yet; of a long text a part.
     *
     * @param count tokens of the sequence, of which all but the last were computed by the large model
     * @return whether it has them all, and can guess
     */
    boolean follow(int[] tokens, int count);

    /** Takes the token in that it guessed. False if there is no room for more. */
    boolean take();

    /**
     * Hears of a step in which the large model computed tokens of one sequence and no others; its results are there.
     *
     * @param tokens of the sequence
     * @param from how many of them were computed before
     * @param entered tokens of the step, which come behind those; guesses among them may be wrong
     * @param first index of the first of them in the step
     */
    void computed(int[] tokens, int from, int[] entered, int first);

    @Override
    void close();
}
