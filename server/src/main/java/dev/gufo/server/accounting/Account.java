package dev.gufo.server.accounting;

import dev.gufo.engine.Drafts;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.PolicyHit;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The books of one accepted request: what was reserved for it, and its entry in the ledger. Belongs to the request's
 * thread.
 */
public final class Account implements AutoCloseable {
    private final Reservation reservation;
    private final LedgerEntry entry;
    private final Consumer<byte[]> transcript;

    /** @param transcript is given the text of the answer, in case the operator wants it logged */
    Account(Reservation reservation, LedgerEntry entry, Consumer<byte[]> transcript) {
        this.reservation = reservation;
        this.entry = entry;
        this.transcript = transcript;
    }

    /** A prompt of it left the engine's queue; once for each prompt that it has. */
    public void started(Duration queued, int promptTokens, int cachedTokens) {
        reservation.started();
        entry.started(queued, promptTokens, cachedTokens);
    }

    /**
     * Notes how many tokens of inputs have been computed, of a request that generates nothing.
     *
     * @param promptTokens all so far
     */
    public void computed(int promptTokens) {
        if (promptTokens > 0) {
            reservation.started();
            entry.computed(promptTokens);
        }
    }

    /** Notes further text of the answer. */
    public void text(byte[] piece) {
        transcript.accept(piece);
    }

    /** The content policy found something in it; before it is settled. */
    public void found(PolicyHit hit) {
        entry.found(hit);
    }

    /** All guesses of its tokens are known; once, before it is settled. */
    public void guessed(Drafts drafts) {
        entry.guessed(drafts);
    }

    /**
     * Notes how many tokens have been sampled; called before they go out to the client.
     *
     * @param completionTokens all so far
     */
    public void progress(int completionTokens) {
        entry.progress(completionTokens);
    }

    /** Ends it with what was really used. The first call counts. */
    public void settle(Outcome outcome) {
        reservation.settle(outcome.promptTokens(), outcome.completionTokens());
        entry.settle(outcome);
    }

    /** Ends it as a failure, if it was not settled, and lets the next request of the key run. */
    @Override
    public void close() {
        entry.cutOff();
        reservation.close();
    }
}
