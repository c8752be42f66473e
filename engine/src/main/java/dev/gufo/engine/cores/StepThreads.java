package dev.gufo.engine.cores;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many threads a model's next step computes with, so that other programs on the same cores cost it no more than the
 * cores that they take. Compute threads wait for each other after every operation, spinning: if one of {@code n} has no
 * core for a part {@code p} of the time, all of them lose it, and what is left is {@code n (1 - p)}. One thread less
 * that never waits is worth more as soon as {@code p > 1/n}.
 *
 * <p>So the number falls when threads waited for a core that much, by as many as waited on average. It rises again when
 * CPUs were idle for long enough that a further thread would have had one. CPUs may never be idle because programs that
 * give way at once take what is left; so now and then, and less and less often, all threads are tried. All of them and
 * no number between, since they are kept to a core each: two that share one make a step take hundreds of times as long.
 *
 * <p>Belongs to the engine thread.
 */
public final class StepThreads {
    /**
     * Computing time that a judgement of waiting is based on: long against the bursts of a server on the same cores,
     * and a time slice of 3 ms.
     */
    private static final long WINDOW_NANOS = Duration.ofMillis(100).toNanos();

    /** How long CPUs must have been idle; the kernel counts idle time in steps of 10 ms. */
    private static final long QUIET_NANOS = Duration.ofMillis(250).toNanos();

    private static final long LONGEST_QUIET_NANOS = Duration.ofSeconds(4).toNanos();

    private static final long FIRST_TRIAL_NANOS = Duration.ofSeconds(8).toNanos();
    private static final long LAST_TRIAL_NANOS = Duration.ofMinutes(2).toNanos();

    /**
     * What waiting must cost before a thread is given up, in threads: well above one, as the waits of two at once are
     * one loss.
     */
    private static final double COSTS_TOO_MUCH = 1.4;

    /** By how much less than its break-even a further thread must be held up to be worth it. */
    private static final double MARGIN = 0.2;

    private final int most;
    private final LongSupplier waited;
    private final LongSupplier idle;
    private final LongSupplier nanos;

    private int share; // what the model may use
    private int worth; // what pays off, as far as is known

    private long computedInWindow;
    private long waitedBefore;

    private long quietBegan;
    private long idleBefore;
    private long computedSince;
    private long quietNanos = QUIET_NANOS;
    private long rose;
    private long fell;
    private long tried;
    private long trialNanos = FIRST_TRIAL_NANOS;

    /**
     * @param most threads to begin with, and at most
     * @param waited how long the compute threads have waited for a core, all together, in ns since some time
     * @param idle how long the CPUs have been idle, all together, in ns since some time
     * @param nanos tells the time
     */
    public StepThreads(int most, LongSupplier waited, LongSupplier idle, LongSupplier nanos) {
        this.most = most;
        this.waited = waited;
        this.idle = idle;
        this.nanos = nanos;
        share = most;
        worth = most;
        waitedBefore = waited.getAsLong();
        rose = nanos.getAsLong() - LONGEST_QUIET_NANOS;
        tried = rose;
        listen();
    }

    /** Threads of the next step; 1 or more. */
    public int threads() {
        return Math.min(share, worth);
    }

    /**
     * The model may use so many from now on. The model that had the cores before may still be finishing a step, so
     * nothing is made of the last ones.
     */
    public void share(int threads) {
        if (threads != share) {
            share = threads;
            computedInWindow = 0;
            waitedBefore = waited.getAsLong();
        }
    }

    /**
     * Takes note of a step.
     *
     * @param computed how long it computed, in ns
     */
    public void stepped(long computed) {
        computedInWindow += computed;
        computedSince += computed;
        if (computedInWindow < WINDOW_NANOS) {
            return;
        }
        long now = waited.getAsLong();
        double waiting = (now - waitedBefore) / (double) computedInWindow; // threads without a core, on average
        computedInWindow = 0;
        waitedBefore = now;
        int threads = threads();
        if (threads > 1 && waiting * threads > COSTS_TOO_MUCH) {
            fall(threads, waiting);
        } else if (threads < share) {
            if (nanos.getAsLong() - quietBegan >= quietNanos) {
                listenToIdleCpus(threads);
            }
            if (threads() == threads && share == most && nanos.getAsLong() - fell >= trialNanos) {
                trialNanos = Math.min(2 * trialNanos, LAST_TRIAL_NANOS);
                tried = nanos.getAsLong();
                worth = most;
            }
        } else if (nanos.getAsLong() - Math.max(rose, tried) >= LONGEST_QUIET_NANOS) {
            trialNanos = FIRST_TRIAL_NANOS; // it was right
        }
    }

    private void fall(int threads, double waiting) {
        worth = Math.max(1, threads - (int) Math.max(1, Math.round(waiting)));
        fell = nanos.getAsLong();
        boolean roseInVain = nanos.getAsLong() - rose < LONGEST_QUIET_NANOS;
        quietNanos = roseInVain ? Math.min(2 * quietNanos, LONGEST_QUIET_NANOS) : QUIET_NANOS;
        listen();
    }

    private void listenToIdleCpus(int threads) {
        double time = nanos.getAsLong() - quietBegan;
        double free = (idle.getAsLong() - idleBefore) / time;
        free -= threads * Math.max(0, 1 - computedSince / time); // CPUs that were idle because this model was
        if (free >= 1 - (1 - MARGIN) / (threads + 1)) {
            worth = threads + (int) Math.max(1, Math.floor(free + MARGIN));
            rose = nanos.getAsLong();
        }
        listen();
    }

    private void listen() {
        quietBegan = nanos.getAsLong();
        idleBefore = idle.getAsLong();
        computedSince = 0;
    }
}
