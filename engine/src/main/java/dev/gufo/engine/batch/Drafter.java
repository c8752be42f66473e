package dev.gufo.engine.batch;

import dev.gufo.engine.Drafts;
import org.jspecify.annotations.Nullable;

/**
 * Guesses the next tokens of one sequence. The model computes a guess together with the sequence's last token, and the
 * guess is accepted as far as the model chooses the same tokens, one by one and as it would without a guess: the answer
 * has the same distribution.
 *
 * <p>Belongs to the engine thread.
 */
final class Drafter {
    private static final int MOST = 24;

    private final NgramIndex index = new NgramIndex();
    private final DraftLength length = new DraftLength();
    private NgramIndex.@Nullable Guess guess; // of the step under way, as long as it is right
    private int right; // tokens of it that were
    private int computed; // tokens of it that enter the step
    private int accepted;
    private int rejected;

    /**
     * Looks for a guess.
     *
     * @param tokens of the sequence
     * @param count how many of them count
     * @param most tokens that the step has room for
     * @return tokens of the guess that are worth computing
     */
    int next(int[] tokens, int count, int most, StepCost cost) {
        right = 0;
        guess = index.guess(tokens, count);
        computed = guess == null
                ? 0
                : length.of(guess.common(), Math.min(Math.min(most, MOST), count - guess.from()), cost);
        return computed;
    }

    /** A token of the guess. */
    int token(int[] tokens, int number) {
        if (guess == null) {
            throw new AssertionError("there is no guess");
        }
        return tokens[guess.from() + number];
    }

    /**
     * Compares the guess with what the model chose next.
     *
     * @param tokens of the sequence, without that
     * @param count how many of them count
     */
    void compare(int[] tokens, int count, int chosen) {
        if (guess == null) {
            return;
        }
        int place = guess.from() + right;
        boolean same = place < count && tokens[place] == chosen;
        length.observe(guess.common(), same);
        if (right < computed) {
            accepted += same ? 1 : 0;
            rejected += same ? 0 : computed - right;
        }
        right++;
        guess = same ? guess : null;
    }

    /** What came of the guesses that were computed. */
    Drafts drafts() {
        return new Drafts(accepted, rejected);
    }
}
