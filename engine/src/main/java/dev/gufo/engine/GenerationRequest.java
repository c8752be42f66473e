package dev.gufo.engine;

import java.util.Objects;

/**
 * What to generate. Checked here once; engines rely on it.
 *
 * @param prompt at least one token id; that ids are in the vocabulary is checked by the engine
 * @param maxTokens most tokens to sample, at least 1; the end of the context may come first
 * @param ignoreEnd goes on after end-of-generation tokens, until {@code maxTokens}: for measuring
 * @param sampling how the next token is chosen
 * @param cacheScope requests with equal scopes may share computed prefixes; {@code ""} is the scope of everyone without one
 */
public record GenerationRequest(int[] prompt, int maxTokens, boolean ignoreEnd, Sampling sampling, String cacheScope) {
    public GenerationRequest {
        Objects.requireNonNull(sampling);
        Objects.requireNonNull(cacheScope);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt must hold at least one token");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens must be at least 1, is " + maxTokens);
        }
    }
}
