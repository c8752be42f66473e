package dev.gufo.engine.batch;

import dev.gufo.grammar.GrammarTooCostly;
import dev.gufo.grammar.Matcher;
import java.io.ByteArrayOutputStream;
import java.util.BitSet;
import java.util.Optional;

/**
 * Guesses what the grammar of an answer leaves no choice about: names, quotation marks and brackets of a JSON schema,
 * marks of a tool call. Where whitespace may stand, what stood in such places before is guessed. The same text may be
 * cut into tokens in several ways; the longest ones are taken, as vocabularies mostly do.
 *
 * <p>Belongs to the engine thread.
 */
final class ForcedGuesser implements Guesser {
    private static final int MOST = 24;
    private static final int MOST_BYTES = 4 * MOST;
    private static final byte[] NOTHING = {};

    private final TextConstraint constraint;
    private final JsonSpacing spacing = new JsonSpacing();
    private final DraftLength length = new DraftLength(0.9);
    private final BitSet possible = new BitSet();
    private final int[] guess = new int[MOST];
    private int guessed; // tokens of the guess, whether worth computing or not
    private int right; // of these, that were chosen

    ForcedGuesser(TextConstraint constraint) {
        this.constraint = constraint;
    }

    @Override
    public int next(int[] tokens, int count, int most, StepCost cost) {
        guessed = 0;
        right = 0;
        byte[] text = constraint.ahead().map(this::forced).orElse(NOTHING);
        int from = 0;
        int token = 0;
        while (from < text.length && guessed < MOST && token >= 0) {
            token = constraint.longest(text, from);
            if (token >= 0) {
                guess[guessed++] = token;
                from += constraint.piece(token).length;
            }
        }
        return length.of(0, Math.min(most, guessed), cost);
    }

    /** What follows, up to the first choice. */
    private byte[] forced(Matcher ahead) {
        var text = new ByteArrayOutputStream();
        byte last = spacing.last();
        try {
            Optional<Byte> next = only(ahead, last);
            while (next.isPresent() && text.size() < MOST_BYTES && ahead.advance(new byte[] {next.get()})) {
                last = next.get();
                text.write(last);
                next = only(ahead, last);
            }
        } catch (GrammarTooCostly e) {
            return text.toByteArray(); // a guess needs no more than that
        }
        return text.toByteArray();
    }

    private Optional<Byte> only(Matcher ahead, byte last) {
        if (ahead.isComplete()) {
            return Optional.empty();
        }
        possible.clear();
        ahead.nextBytes(possible);
        if (possible.cardinality() == 1) {
            return Optional.of((byte) possible.nextSetBit(0));
        }
        return spacing.choose(possible, last);
    }

    @Override
    public int token(int[] tokens, int number) {
        return guess[number];
    }

    @Override
    public boolean compare(int[] tokens, int count, int chosen) {
        spacing.observe(constraint.piece(chosen));
        if (right >= guessed) {
            return false;
        }
        boolean same = guess[right] == chosen;
        length.observe(0, same);
        if (same) {
            right++;
        } else {
            guessed = right;
        }
        return same;
    }
}
