package dev.gufo.server.usage;

import java.time.Duration;
import java.util.Objects;

/**
 * How a request ended.
 *
 * @param status not {@link Status#OPEN}
 * @param finishReason {@code stop}, {@code length} and so on; {@code ""} if it has none
 * @param promptTokens tokens that went into the model, 0 if none did
 * @param cachedTokens how many of them did not have to be computed
 * @param completionTokens tokens that were sampled
 * @param reasoningTokens how many of them were reasoning
 * @param queued time in the engine's queue
 * @param prefill from there to the first token
 * @param decode from there to the last one
 * @param clientGone whether the client had closed its connection, or did not read
 */
public record Outcome(
        Status status,
        String finishReason,
        int promptTokens,
        int cachedTokens,
        int completionTokens,
        int reasoningTokens,
        Duration queued,
        Duration prefill,
        Duration decode,
        boolean clientGone) {
    private static final String BLOCKED = "content_filter";

    public Outcome {
        Objects.requireNonNull(finishReason);
        if (status == Status.OPEN) {
            throw new IllegalArgumentException("what is open has no outcome");
        }
        if (promptTokens < 0 || cachedTokens < 0 || completionTokens < 0 || reasoningTokens < 0) {
            throw new IllegalArgumentException("token counts must not be negative");
        }
    }

    /** The same of a request that took no time in the engine. */
    public Outcome withoutTimes() {
        return new Outcome(
                status,
                finishReason,
                promptTokens,
                cachedTokens,
                completionTokens,
                reasoningTokens,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                clientGone);
    }

    /** Of a request that ended before the engine gave it anything. */
    public static Outcome withoutTokens(Status status, boolean clientGone) {
        return new Outcome(status, "", 0, 0, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, clientGone);
    }

    /** Of a request that the content policy did not let in. */
    public static Outcome blocked() {
        return new Outcome(Status.REFUSED, BLOCKED, 0, 0, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, false);
    }
}
