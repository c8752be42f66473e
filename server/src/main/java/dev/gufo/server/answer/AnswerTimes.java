package dev.gufo.server.answer;

import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import java.time.Duration;
import java.util.Optional;

/**
 * How long the stages of an answer took. Queue and prefill are the engine's own times of the choice that came first;
 * what it sends, it sends at the end of a step. Tokens are timed as they come, from the first one of any choice to the
 * last. Belongs to the request's thread.
 */
final class AnswerTimes {
    private final long submitted = System.nanoTime();
    private Optional<Duration> queued = Optional.empty(); // until it left the queue
    private Duration prefill = Duration.ZERO;
    private long firstToken; // 0 until it is there
    private long lastToken;

    /**
     * Notes that a generation left the queue.
     *
     * @param wait how long it was there
     */
    void started(Duration wait) {
        queued = queued.or(() -> Optional.of(wait));
    }

    /**
     * Notes that a prompt was computed.
     *
     * @param took from the end of the queue on
     */
    void prefilled(Duration took) {
        prefill = firstToken == 0 && prefill.isZero() ? took : prefill;
    }

    /** Notes a token. */
    void token() {
        lastToken = System.nanoTime();
        firstToken = firstToken == 0 ? lastToken : firstToken;
    }

    /** Time in the queue: until now, if it is still there. */
    Duration queued() {
        return queued.orElseGet(() -> Duration.ofNanos(System.nanoTime() - submitted));
    }

    /** Time of the first prompt's computation. */
    Duration prefill() {
        return prefill;
    }

    /** From the first token to the last. */
    Duration decode() {
        return Duration.ofNanos(lastToken - firstToken);
    }

    /** What the ledger keeps. Without a start nothing went into the model. */
    Outcome outcome(Status status, String finishReason, Usage usage) {
        return new Outcome(
                status,
                finishReason,
                queued.isEmpty() ? 0 : usage.promptTokens(),
                usage.cachedTokens(),
                usage.completionTokens(),
                usage.reasoningTokens(),
                queued(),
                prefill,
                decode(),
                status == Status.CANCELLED);
    }
}
