package dev.gufo.engine.batch;

import dev.gufo.engine.Drafts;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Guesses the next tokens of one sequence. The model computes a guess together with the sequence's last token, and the
 * guess is accepted as far as the model chooses the same tokens, one by one and as it would without a guess: the answer
 * has the same distribution.
 *
 * <p>Belongs to the engine thread.
 */
final class Drafter {
    private final List<Guesser> guessers;
    private final boolean listens;
    private @Nullable Guesser computing; // whose guess enters the step; null unless one does
    private int computed; // tokens of it that do
    private int right; // of these, that were chosen
    private int accepted;
    private int rejected;

    /**
     * @param constraint what the sequence must look like
     * @param ngrams whether guesses are looked up in the sequence
     * @param model what computes guesses; it is asked where the others, which cost next to nothing, know nothing
     */
    Drafter(Optional<TextConstraint> constraint, boolean ngrams, Optional<DraftSource> model) {
        listens = model.isPresent();
        guessers = Stream.<Stream<? extends Guesser>>of(
                        constraint.stream().map(ForcedGuesser::new),
                        ngrams ? Stream.of(new NgramGuesser()) : Stream.empty(),
                        model.stream().map(ModelGuesser::new))
                .<Guesser>flatMap(guesser -> guesser)
                .toList();
    }

    /**
     * Looks for a guess.
     *
     * @param tokens of the sequence
     * @param count how many of them count
     * @param most tokens that the step has room for
     * @return tokens of the guess that are worth computing
     */
    int next(int[] tokens, int count, int most, StepCost cost) {
        computing = null;
        computed = 0;
        right = 0;
        for (Guesser guesser : guessers) {
            boolean asked = !(guesser instanceof ModelGuesser) || computed == 0;
            int worth = asked ? guesser.next(tokens, count, most, cost) : 0;
            if (worth > computed) {
                computed = worth;
                computing = guesser;
            }
        }
        return computed;
    }

    /** A token of the guess. */
    int token(int[] tokens, int number) {
        if (computing == null) {
            throw new AssertionError("there is no guess");
        }
        return computing.token(tokens, number);
    }

    /**
     * Compares the guess with what the model chose next.
     *
     * @param tokens of the sequence, without that
     * @param count how many of them count
     */
    void compare(int[] tokens, int count, int chosen) {
        for (Guesser guesser : guessers) {
            boolean same = guesser.compare(tokens, count, chosen);
            if (guesser == computing && right < computed) {
                accepted += same ? 1 : 0;
                rejected += same ? 0 : computed - right;
                right = same ? right + 1 : computed;
            }
        }
    }

    /** Whether {@link #computed} is of use: what a text or a grammar tells needs no steps. */
    boolean listens() {
        return listens;
    }

    /** Hears of a step, as {@link DraftSource#computed}. */
    void computed(int[] tokens, int from, int[] entered, int first) {
        for (Guesser guesser : guessers) {
            guesser.computed(tokens, from, entered, first);
        }
    }

    /** What came of the guesses that were computed. */
    Drafts drafts() {
        return new Drafts(accepted, rejected);
    }
}
