package dev.gufo.engine.batch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Guesses what follows in a text from what followed the same words earlier in it: prompt lookup decoding. An edited
 * file, a quotation or a table repeats long stretches of the prompt.
 *
 * <p>Each position is filed under its last {@value #GRAM} tokens, in a chain from the latest to the earliest.
 *
 * <p>Belongs to the engine thread.
 *
 * @see <a href="https://github.com/apoorvumang/prompt-lookup-decoding">Saxena, "Prompt Lookup Decoding", 2023</a>
 */
final class NgramIndex {
    static final int GRAM = 3;

    /** Earlier places that are compared; the one that has most in common with the end of the text is taken. */
    private static final int PLACES = 16;

    /** More in common than this makes a guess no better. */
    private static final int LONGEST = 32;

    private static final int NONE = -1;

    private int[] heads = filled(64); // by hash: the latest position; a power of two of them
    private int[] earlier = new int[64]; // by position: the next one under the same hash
    private int indexed; // positions before this are filed

    /**
     * A guess.
     *
     * @param from where in the text it stands
     * @param common tokens before it that are as at the end of the text, at least {@value #GRAM}
     */
    record Guess(int from, int common) {}

    /** Files the positions of a text that has grown, but for its last one. */
    private void extend(int[] tokens, int count) {
        if (count > earlier.length) {
            earlier = Arrays.copyOf(earlier, Math.max(count, 2 * earlier.length));
        }
        if (2 * count > heads.length) {
            heads = filled(Integer.highestOneBit(4 * count));
            indexed = 0;
        }
        for (int position = Math.max(indexed, GRAM - 1); position < count - 1; position++) {
            int hash = hash(tokens, position);
            earlier[position] = heads[hash];
            heads[hash] = position;
        }
        indexed = Math.max(indexed, count - 1);
    }

    /**
     * Where the tokens that follow a text may be found in it.
     *
     * @param tokens the same as before, and more
     * @param count how many of them count
     * @return null if its end was never there before
     */
    @Nullable
    Guess guess(int[] tokens, int count) {
        if (count <= GRAM) {
            return null;
        }
        extend(tokens, count);
        Guess best = null;
        int place = heads[hash(tokens, count - 1)];
        for (int i = 0; i < PLACES && place != NONE; i++, place = earlier[place]) {
            int common = common(tokens, place, count - 1);
            if (common >= GRAM && (best == null || common > best.common())) {
                best = new Guess(place + 1, common);
            }
        }
        return best;
    }

    private static int common(int[] tokens, int place, int end) {
        int common = 0;
        while (common < LONGEST && place - common >= 0 && tokens[place - common] == tokens[end - common]) {
            common++;
        }
        return common;
    }

    private int hash(int[] tokens, int position) {
        int hash = 0;
        for (int i = 0; i < GRAM; i++) {
            hash = (hash ^ tokens[position - i]) * 0x9E3779B1; // the golden ratio
        }
        return (hash ^ hash >>> 15) & heads.length - 1;
    }

    private static int[] filled(int size) {
        int[] all = new int[size];
        Arrays.fill(all, NONE);
        return all;
    }
}
