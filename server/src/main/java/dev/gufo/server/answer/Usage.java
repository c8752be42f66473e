package dev.gufo.server.answer;

import dev.gufo.engine.Drafts;
import dev.gufo.server.http.JsonBytes;
import java.util.Optional;

/**
 * What a request cost.
 *
 * @param promptTokens tokens that went into the model
 * @param completionTokens tokens that were sampled, the end token among them
 * @param cachedTokens prompt tokens that did not have to be computed
 * @param reasoningTokens completion tokens that were reasoning
 * @param drafts tokens that were guessed ahead; the accepted ones are completion tokens
 * @param timings how it came about, if the request asks for it and the answer has ended
 */
public record Usage(
        int promptTokens,
        int completionTokens,
        int cachedTokens,
        int reasoningTokens,
        Drafts drafts,
        Optional<AnswerTimings> timings) {
    public Usage(int promptTokens, int completionTokens, int cachedTokens, int reasoningTokens) {
        this(promptTokens, completionTokens, cachedTokens, reasoningTokens, Drafts.NONE, Optional.empty());
    }

    /** Writes the timings, if there are any, as a further field of an object. */
    public void writeTimings(JsonBytes json) {
        timings.ifPresent(told -> told.writeTo(json.raw(",\"timings\":")));
    }

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
                .number(reasoningTokens);
        if (!drafts.equals(Drafts.NONE)) {
            json.raw(",\"accepted_prediction_tokens\":")
                    .number(drafts.accepted())
                    .raw(",\"rejected_prediction_tokens\":")
                    .number(drafts.rejected());
        }
        json.raw("}}");
    }
}
