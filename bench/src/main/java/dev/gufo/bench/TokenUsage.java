package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The server's own count of one request's tokens.
 *
 * @param cachedTokens of {@code promptTokens}, those that were not computed again
 */
public record TokenUsage(long promptTokens, long cachedTokens, long completionTokens) {
    /** Reads a {@code usage} object; what it leaves out is 0. */
    static TokenUsage of(JsonNode usage) {
        return new TokenUsage(
                usage.path("prompt_tokens").asLong(),
                usage.path("prompt_tokens_details").path("cached_tokens").asLong(),
                usage.path("completion_tokens").asLong());
    }
}
