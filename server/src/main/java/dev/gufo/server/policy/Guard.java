package dev.gufo.server.policy;

import dev.gufo.server.exchange.Exchange;

/** A model that says what content is. Safe for any thread. */
public interface Guard {
    /**
     * A text that a guard is asked about.
     *
     * @param asked what the user said before an answer; {@code ""} for a text that is no answer
     * @param text not blank
     */
    record Question(Direction direction, String asked, String text) {}

    /**
     * Asks the model. Blocks until it has answered.
     *
     * @param exchange for which it is asked
     * @throws PolicyFailure if it can't be asked
     * @throws InterruptedException if the server is being stopped
     */
    Scorer.Verdict verdict(Exchange exchange, Question question) throws PolicyFailure, InterruptedException;
}
