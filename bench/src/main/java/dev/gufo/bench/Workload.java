package dev.gufo.bench;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the requests ask for.
 *
 * @param promptTokens length of the whole prompt, the chat template's share included; met approximately, because
 *     prompts are made of words
 * @param outputTokens sent as {@code max_tokens}; a model may end earlier
 * @param sharedPrefixTokens how much of every prompt is the same text; a prompt that is drawn shorter is a part of it
 * @param stream whether answers are streamed; otherwise there is no time to the first token and no gap
 * @param ignoreEnd sent as {@code ignore_eos} if true, so that every answer reaches its length; servers other than
 *     OpenAI's know it
 * @param temperature sent if present
 * @param samplingSeed sent as {@code seed} if present
 * @param tokensPerWord of the prompt's words; empty means that two requests before the run find out
 */
public record Workload(
        Lengths promptTokens,
        Lengths outputTokens,
        int sharedPrefixTokens,
        boolean stream,
        boolean ignoreEnd,
        OptionalDouble temperature,
        OptionalLong samplingSeed,
        OptionalDouble tokensPerWord) {

    public Workload {
        if (sharedPrefixTokens < 0) {
            throw new IllegalArgumentException("shared prefix tokens must be 0 or more, is " + sharedPrefixTokens);
        }
        if (tokensPerWord.isPresent() && !(tokensPerWord.getAsDouble() > 0)) {
            throw new IllegalArgumentException("tokens per word must be above 0, is " + tokensPerWord.getAsDouble());
        }
    }
}
