package dev.gufo.server.chat;

import dev.gufo.tokenizer.OpenAiEncoding;
import java.util.stream.Stream;

/** How many tokens a text will be, as far as that can be said while its model's vocabulary is not loaded. */
final class TokenEstimate {
    /** No vocabulary in use makes half as many tokens of ordinary text as this encoding does. */
    private static final int TOLERANCE = 2;

    private TokenEstimate() {}

    /** A number that the real one is not expected to be below. */
    static long atLeast(Stream<String> texts) {
        return texts.mapToLong(OpenAiEncoding.O200K_BASE::count).sum() / TOLERANCE;
    }
}
