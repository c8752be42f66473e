package dev.gufo.server.usage;

import dev.gufo.engine.Drafts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One accepted request, whose row is in the ledger. The request's thread tells what happens; the writer's thread looks
 * at it now and then.
 *
 * <p>Invariant: whatever was told before {@link #settle} is in the row at most one checkpoint later, and what
 * {@code settle} was told first is what the row ends with.
 */
public final class LedgerEntry {
    private final long number;
    private final Intent intent;
    private final List<RequestObserver> observers;
    private final Consumer<LedgerEntry> onSettled;
    private final AtomicBoolean settling = new AtomicBoolean();

    private volatile Counts counts = Counts.NONE;
    private volatile @Nullable Settlement settlement; // null while it runs
    private long lastTokens; // the request's thread; nanoTime of the last batch of tokens
    private volatile long firstToken = -1; // nanoseconds since its arrival

    // The writer's.
    final CompletableFuture<Void> durable = new CompletableFuture<>();
    private Counts written = Counts.NONE;

    /**
     * What has been delivered so far.
     *
     * @param policy what the content policy found, as the row has it
     */
    record Counts(int prompt, int cached, int completion, Duration queued, String policy) {
        static final Counts NONE = new Counts(0, 0, 0, Duration.ZERO, "");
    }

    /**
     * The end of an entry.
     *
     * @param firstToken since the arrival, empty if there was none
     * @param total from the arrival to the end
     */
    record Settlement(Outcome outcome, Optional<Duration> firstToken, Duration total) {}

    LedgerEntry(long number, Intent intent, List<RequestObserver> observers, Consumer<LedgerEntry> onSettled) {
        this.number = number;
        this.intent = intent;
        this.observers = observers;
        this.onSettled = onSettled;
    }

    /** What was accepted. */
    public Intent intent() {
        return intent;
    }

    /** How it ended; empty while it runs. */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(settlement).map(Settlement::outcome);
    }

    /** From its arrival to its first token; empty while there is none. */
    public Optional<Duration> timeToFirstToken() {
        return firstToken < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(firstToken));
    }

    /**
     * A prompt of it left the engine's queue; once for each prompt that it has. Costs no waiting; the request's thread.
     */
    public void started(Duration queued, int promptTokens, int cachedTokens) {
        Counts before = counts;
        counts = new Counts(
                before.prompt() + promptTokens,
                before.cached() + cachedTokens,
                before.completion(),
                before.prompt() == 0 ? queued : before.queued(),
                before.policy());
        observers.forEach(observer -> observer.started(intent, promptTokens, cachedTokens));
    }

    /**
     * Notes how many tokens of inputs have been computed by now, of a request that generates nothing. Costs no waiting;
     * the request's thread.
     *
     * @param promptTokens all so far; not less than before
     */
    public void computed(int promptTokens) {
        Counts before = counts;
        int more = promptTokens - before.prompt();
        if (more > 0) {
            counts = new Counts(promptTokens, before.cached(), before.completion(), before.queued(), before.policy());
            observers.forEach(observer -> observer.computed(intent, more));
        }
    }

    /**
     * Notes how many tokens there are by now. Called for each batch of tokens before it goes out to the client; costs
     * no waiting; the request's thread.
     *
     * @param completionTokens all that were sampled; not less than before
     */
    public void progress(int completionTokens) {
        Counts before = counts;
        int more = completionTokens - before.completion();
        if (more <= 0) {
            return;
        }
        counts = new Counts(before.prompt(), before.cached(), completionTokens, before.queued(), before.policy());
        long now = System.nanoTime();
        if (before.completion() == 0) {
            firstToken = now - intent.arrived();
            Duration took = Duration.ofNanos(firstToken);
            for (RequestObserver observer : observers) {
                observer.firstToken(intent, took);
            }
            more--;
        }
        if (more > 0) {
            Duration gap = Duration.ofNanos(before.completion() == 0 ? 0 : now - lastTokens);
            for (RequestObserver observer : observers) {
                observer.moreTokens(intent, more, gap);
            }
        }
        lastTokens = now;
    }

    /** Notes what the content policy found in it, before it ends. Costs no waiting; the request's thread. */
    public void found(PolicyHit hit) {
        Counts before = counts;
        counts = new Counts(
                before.prompt(), before.cached(), before.completion(), before.queued(), hit.addedTo(before.policy()));
    }

    /** Notes how many of its tokens were guessed; once, before it ends. The request's thread. */
    public void guessed(Drafts drafts) {
        observers.forEach(observer -> observer.guessed(intent, drafts));
    }

    /**
     * Ends it. The first call counts, later ones do nothing. Tokens that came while nobody read, of which
     * {@link #progress} was not told, count as well. Does not wait for the disk; any thread.
     *
     * @return whether this was the first call
     */
    public boolean settle(Outcome outcome) {
        if (!settling.compareAndSet(false, true)) {
            return false;
        }
        progress(outcome.completionTokens());
        Duration total = Duration.ofNanos(System.nanoTime() - intent.arrived());
        settlement = new Settlement(outcome, timeToFirstToken(), total);
        onSettled.accept(this);
        observers.forEach(observer -> observer.settled(intent, outcome, total));
        return true;
    }

    /** Ends it as a failure with what was delivered, if it was not settled. Any thread. */
    public void cutOff() {
        Counts now = counts;
        boolean _ = settle(new Outcome(
                Status.FAILED,
                "",
                now.prompt(),
                now.cached(),
                now.completion(),
                0,
                now.queued(),
                Duration.ZERO,
                Duration.ZERO,
                false));
    }

    /** Ends what was not accepted after all; it was not told yet. Any thread. */
    void abandon() {
        if (settling.compareAndSet(false, true)) {
            settlement = new Settlement(Outcome.withoutTokens(Status.FAILED, false), Optional.empty(), Duration.ZERO);
            onSettled.accept(this);
        }
    }

    long number() {
        return number;
    }

    Counts counts() {
        return counts;
    }

    /** Null while it runs. */
    @Nullable
    Settlement settlement() {
        return settlement;
    }

    /** Whether its row is behind; the writer's thread. */
    boolean isAheadOfItsRow() {
        return settlement == null && !counts.equals(written);
    }

    /** Notes that these counts are in the row; the writer's thread. */
    void written(Counts now) {
        written = now;
    }
}
