package dev.gufo.bench;

import java.util.Optional;

/** How one request ended. */
sealed interface RequestOutcome {
    /** When; {@link System#nanoTime}. */
    long endNanos();

    /**
     * With a complete answer.
     *
     * @param tokens of a stream; none if the answer came in one piece
     * @param usage empty if the server sent none
     */
    record Completed(TokenTimes tokens, Optional<TokenUsage> usage, long endNanos) implements RequestOutcome {}

    /** Without. */
    record Failed(Failure failure, long endNanos) implements RequestOutcome {}
}
