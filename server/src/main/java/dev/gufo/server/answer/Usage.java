package dev.gufo.server.answer;

import dev.gufo.server.http.JsonBytes;

/**
 * What a request cost.
 *
 * @param promptTokens tokens that went into the model
 * @param completionTokens tokens that were sampled, the end token among them
 * @param cachedTokens prompt tokens that did not have to be computed
 * @param reasoningTokens completion tokens that were reasoning
 */
public record Usage(int promptTokens, int completionTokens, int cachedTokens, int reasoningTokens) {
    public void writeTo(JsonBytes json) {
        json.raw("{\"prompt_tokens\":")
                .number(promptTokens)
                .raw(",\"completion_tokens\":")
                .number(completionTokens)
                .raw(",\"total_tokens\":")
                .number((long) promptTokens + completionTokens)
                .raw(",\"prompt_tokens_details\":{\"cached_tokens\":")
                .number(cachedTokens)
                .raw("},\"completion_tokens_details\":{\"reasoning_tokens\":")
                .number(reasoningTokens)
                .raw("}}");
    }
}
