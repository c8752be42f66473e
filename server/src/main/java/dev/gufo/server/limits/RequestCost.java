package dev.gufo.server.limits;

/**
 * What a request may cost, told before it starts.
 *
 * @param promptTokens counted, or estimated while the model is not loaded; 0 or more
 * @param maxOutputTokens the most that all its answers together may have; 0 or more
 * @param requests how many requests it counts as; 0 if it was counted before
 */
public record RequestCost(long promptTokens, long maxOutputTokens, int requests) {
    public RequestCost {
        if (promptTokens < 0 || maxOutputTokens < 0 || requests < 0) {
            throw new IllegalArgumentException(
                    "no cost: %d + %d tokens, %d requests".formatted(promptTokens, maxOutputTokens, requests));
        }
    }

    /** All tokens that it may take. */
    public long tokens() {
        return promptTokens + maxOutputTokens;
    }
}
