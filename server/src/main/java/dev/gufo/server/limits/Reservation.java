package dev.gufo.server.limits;

import dev.gufo.server.error.ApiException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a request has taken of its key's limits: at its arrival a place and a request, later the tokens that it may use.
 * Its steps but {@link #raise} are safe for any thread, and each happens once, however often it is asked for. None of
 * them throws: a request that was answered does not fail because it can't be counted, the log tells instead.
 */
public final class Reservation implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reservation.class);

    private final Taken taken;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean settled = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile RateHeaders headers;
    private volatile long tokens;

    /** Where a request's use is counted. Every method may throw {@link CountersUnavailable}. */
    interface Taken {
        /**
         * Takes tokens instead of those that are held.
         *
         * @throws ApiException if there is no room; then none are held
         */
        RateHeaders tokens(long held, long wanted);

        /** It no longer waits. */
        void started();

        /** It no longer runs. */
        void ended();

        /** It was none. */
        void withdrawn();

        /** Replaces what is held by what was used. */
        void used(long held, long used);
    }

    /** @param tokens that are held */
    Reservation(Taken taken, RateHeaders headers, long tokens) {
        this.taken = taken;
        this.headers = headers;
        this.tokens = tokens;
    }

    /** How the caller stands with this request taken. */
    public RateHeaders headers() {
        return headers;
    }

    /**
     * Takes the tokens that the request may use, instead of those taken so far. By the request's thread, before
     * {@link #settle}.
     *
     * @param wanted as many as are known now, 0 or more
     * @throws ApiException if the key has no room for them; then none are taken
     * @throws CountersUnavailable if they can't be counted
     */
    void raise(long wanted) {
        if (wanted == tokens) {
            return;
        }
        long held = tokens;
        tokens = 0;
        headers = taken.tokens(held, wanted);
        tokens = wanted;
    }

    /** The request no longer waits: its first token is there. */
    public void started() {
        if (started.compareAndSet(false, true)) {
            quietly(taken::started);
        }
    }

    /**
     * Replaces what was reserved by what was used; the rest goes back, and what was used beyond it is taken as well.
     *
     * @param promptTokens that were really in the prompt, 0 or more
     * @param completionTokens that were generated, whether or not the client still read them; 0 or more
     */
    public void settle(long promptTokens, long completionTokens) {
        if (settled.compareAndSet(false, true)) {
            quietly(() -> taken.used(tokens, promptTokens + completionTokens));
        }
    }

    /**
     * The request was refused before anything was done for it: it does not count as one. Once at most, before
     * {@link #close}.
     */
    public void withdraw() {
        quietly(taken::withdrawn);
    }

    /** The request has ended. What was not settled goes back, all but the request itself. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            started();
            settle(0, 0);
            quietly(taken::ended);
        }
    }

    /** Does what gives back. On Redis a hold that can't be released ends by itself, and a bucket refills. */
    static void quietly(Runnable step) {
        try {
            step.run();
        } catch (CountersUnavailable e) {
            LOG.warn("a request's use could not be counted: {}", e.getMessage());
        }
    }
}
