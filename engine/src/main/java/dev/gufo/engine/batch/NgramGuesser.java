package dev.gufo.engine.batch;

import org.jspecify.annotations.Nullable;

/**
 * Guesses that a sequence goes on as it went on before, behind the same tokens.
 *
 * <p>Belongs to the engine thread.
 */
final class NgramGuesser implements Guesser {
    private static final int MOST = 24;

    private final NgramIndex index = new NgramIndex();
    private final DraftLength length = new DraftLength(0.3, 0.5, 0.7);
    private NgramIndex.@Nullable Guess guess; // of the step under way, as long as it is right
    private int right; // tokens of it that were

    @Override
    public int next(int[] tokens, int count, int most, StepCost cost) {
        right = 0;
        guess = index.guess(tokens, count);
        return guess == null ? 0 : length.of(kind(guess), Math.min(Math.min(most, MOST), count - guess.from()), cost);
    }

    @Override
    public int token(int[] tokens, int number) {
        if (guess == null) {
            throw new AssertionError("there is no guess");
        }
        return tokens[guess.from() + number];
    }

    @Override
    public boolean compare(int[] tokens, int count, int chosen) {
        if (guess == null) {
            return false;
        }
        int place = guess.from() + right;
        boolean same = place < count && tokens[place] == chosen;
        length.observe(kind(guess), same);
        right++;
        guess = same ? guess : null;
        return same;
    }

    /** More in common makes a guess better. */
    private static int kind(NgramIndex.Guess guess) {
        return guess.common() < 5 ? 0 : guess.common() < 12 ? 1 : 2;
    }
}
