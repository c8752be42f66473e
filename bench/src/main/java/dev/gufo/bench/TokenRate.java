package dev.gufo.bench;

/**
 * How many tokens a model's tokenizer makes of a prompt of {@link WordPrompts}.
 *
 * @param perWord tokens for each word; above 0
 * @param overhead tokens that the chat template adds to every prompt
 */
record TokenRate(double perWord, double overhead) {
    /** A guess for servers that do not say how many tokens a prompt had. */
    static final TokenRate ENGLISH = new TokenRate(1.3, 8);

    TokenRate {
        if (!(perWord > 0)) {
            throw new IllegalArgumentException("tokens per word must be above 0, is " + perWord);
        }
    }

    /** The line through two measured prompts, the second of which has more words and more tokens. */
    static TokenRate through(int words, long tokens, int moreWords, long moreTokens) {
        double perWord = (moreTokens - tokens) / (double) (moreWords - words);
        return new TokenRate(perWord, tokens - perWord * words);
    }

    /** Words for a prompt of about {@code tokens} in all; at least 1. */
    int words(int tokens) {
        return (int) Math.max(1, Math.round((tokens - overhead) / perWord));
    }

    /** Words for a piece of a prompt that has about {@code tokens}; 0 or more. */
    int wordsOfPiece(int tokens) {
        return (int) Math.max(0, Math.round(tokens / perWord));
    }
}
