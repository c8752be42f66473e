package dev.gufo.server.exchange;

import java.util.stream.Stream;

/** How many tokens a text will be, as far as that can be said by its length. */
final class TokenEstimate {
    /**
     * Characters that a token of an ordinary text stands for at most, on average; of English prose it is four to five.
     */
    private static final int CHARACTERS = 16;

    private TokenEstimate() {}

    /** A number that the real one is not expected to be below; 0 of texts without a character. */
    static long atLeast(Stream<String> texts) {
        long characters = texts.mapToLong(String::length).sum();
        return (characters + CHARACTERS - 1) / CHARACTERS;
    }
}
