package dev.gufo.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a text into pieces that OpenAI's encodings turn into the same tokens as the whole. Their patterns never match
 * across a place between a letter or a digit and what is neither, unless that is an apostrophe, which may begin a
 * contraction, or a mark, which may belong to the letter.
 *
 * @see <a href="https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py">tiktoken, the patterns of
 *     cl100k_base and o200k_base</a>
 */
final class TextBreaks {
    private TextBreaks() {}

    /**
     * The pieces, in order.
     *
     * @param least characters of each but the last; a piece ends at the first break behind them
     */
    static List<String> pieces(String text, int least) {
        var pieces = new ArrayList<String>();
        int from = 0;
        for (int at = least; at < text.length(); at++) {
            if (isBreak(text, at)) {
                pieces.add(text.substring(from, at));
                from = at;
                at = from + least;
            }
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    private static boolean isBreak(String text, int at) {
        int before = text.codePointBefore(at);
        int behind = text.codePointAt(at);
        if (Character.isLowSurrogate(text.charAt(at)) && Character.isHighSurrogate(text.charAt(at - 1))) {
            return false;
        }
        boolean ends = Character.isLetter(before) || isNumber(before);
        boolean goesOn = Character.isLetter(behind) || isNumber(behind) || isMark(behind);
        return ends && !goesOn && behind != '\'' && behind != '\u2019';
    }

    private static boolean isNumber(int character) {
        return switch (Character.getType(character)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    private static boolean isMark(int character) {
        return switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> true;
            default -> false;
        };
    }
}
