package dev.gufo.server.answer;

import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import java.time.Duration;

/** When the stages of an answer were reached, as the request's thread saw them. Of several choices, the first start and the last token. */
final class AnswerTimes {
    private final long submitted = System.nanoTime();
    private long start; // 0 until it left the queue
    private long firstToken;
    private long lastToken;

    /** Notes that a generation left the queue. */
    void started() {
        start = start == 0 ? System.nanoTime() : start;
    }

    /** Notes a token. */
    void token() {
        lastToken = System.nanoTime();
        firstToken = firstToken == 0 ? lastToken : firstToken;
    }

    /** Time in the queue. */
    Duration queued() {
        return Duration.ofNanos((start == 0 ? System.nanoTime() : start) - submitted);
    }

    /** What the ledger keeps. Without a start nothing went into the model. */
    Outcome outcome(Status status, String finishReason, Usage usage) {
        return new Outcome(
                status,
                finishReason,
                start == 0 ? 0 : usage.promptTokens(),
                usage.cachedTokens(),
                usage.completionTokens(),
                usage.reasoningTokens(),
                queued(),
                Duration.ofNanos(firstToken == 0 ? 0 : firstToken - start),
                Duration.ofNanos(lastToken - firstToken),
                status == Status.CANCELLED);
    }
}
