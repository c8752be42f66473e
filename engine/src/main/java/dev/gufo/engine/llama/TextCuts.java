package dev.gufo.engine.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a long text into pieces whose tokens, one piece after the other, are those of the whole. So a text of any length
 * takes the memory of a piece, and tokenizing can stop in the middle.
 *
 * <p>A cut is made between a letter and the space behind it, provided that no token of the vocabulary holds both: then
 * no merge crosses it, and every pre-tokenizer in use begins a new word there. A vocabulary for which that does not
 * hold, told by {@link #hold}, is not cut at all.
 */
final class TextCuts {
    /** Length of a piece in characters, as far as there is a place to cut behind it. */
    static final int PIECE = 16 << 10;

    private static final String SPACES = " \u0120\u2581";
    private static final List<String> SAMPLES = List.of(
            "The quick brown fox jumps over the lazy dog. It isn't 3,141 km away, is it?",
            "for (int i = 0; i < n; i++) {\n\treturn a [i] + b;\n}\n\n  // Done by  two spaces",
            "Größe und Maß, déjà vu, Ελληνικά και русский текст рядом",
            "中文 和 日本語 の 文 한국어 문장 입니다 हिन्दी में वाक्य",
            "I 'm we ' ll O'Neil x y z 1 a 2 b {\"key\" : \"some value\", \"n\" : 12345678}");

    private TextCuts() {}

    /** Tokenizes one text without special tokens. */
    interface Tokenizer {
        int[] ids(String text);
    }

    /** Whether a token with this text forbids to cut between a letter and a space. */
    static boolean forbids(String token) {
        for (int i = 1; i < token.length(); i++) {
            boolean space = SPACES.indexOf(token.charAt(i)) >= 0;
            if (space && SPACES.indexOf(token.charAt(i - 1)) < 0 && Character.isLetter(token.charAt(i - 1))) {
                return true;
            }
        }
        return false;
    }

    /** Whether texts in several scripts, cut wherever that is allowed, have the tokens of the whole. */
    static boolean hold(Tokenizer tokenizer, boolean spaceInFront) {
        return SAMPLES.stream().allMatch(sample -> {
            var ids = new ArrayList<Integer>();
            for (String piece : pieces(sample, 1, spaceInFront)) {
                for (int id : tokenizer.ids(piece)) {
                    ids.add(id);
                }
            }
            return Arrays.equals(ids.stream().mapToInt(Integer::intValue).toArray(), tokenizer.ids(sample));
        });
    }

    /**
     * The pieces of a text.
     *
     * @param least characters of each but the last; a piece ends at the first place behind them where it may
     * @param spaceInFront whether the tokenizer puts a space in front of each text: then pieces begin without theirs
     */
    static List<String> pieces(String text, int least, boolean spaceInFront) {
        var pieces = new ArrayList<String>();
        int from = 0;
        for (int at = least; at < text.length(); at++) {
            if (text.charAt(at) == ' ' && mayCut(text, at)) {
                pieces.add(text.substring(from, at));
                from = spaceInFront ? at + 1 : at;
                at = from + least;
            }
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    /** Whether a letter stands in front of the space at {@code at}, and neither a space nor the end behind it. */
    private static boolean mayCut(String text, int at) {
        return at > 0
                && at + 1 < text.length()
                && Character.isLetter(text.codePointBefore(at))
                && !Character.isWhitespace(text.charAt(at + 1));
    }
}
