package dev.gufo.server.policy;

import java.util.function.Predicate;

/**
 * Checks an answer as it grows. Belongs to the request's thread.
 *
 * @param window characters that are held back
 * @param costly whether a check takes long, so that there is one for each window and not for each few characters
 * @param allowed whether a text may be sent; may block
 */
public record OutputCheck(int window, boolean costly, Predicate<String> allowed) {
    /** Whether a character may stand in the middle of a word, so that a text that is cut there ends in half of one. */
    public static boolean isPartOfWord(int codePoint) {
        return PlainText.isPart(codePoint);
    }
}
