package dev.gufo.server.limits;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a request has taken of its key's limits. Safe for any thread; each of its steps happens once, however often it is asked
 * for. None of them throws: a request that was answered does not fail because it can't be counted, the log tells instead.
 */
public final class Reservation implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reservation.class);

    private final RateHeaders headers;
    private final Runnable onStart;
    private final Runnable onEnd;
    private final LongConsumer onUse;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean settled = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    Reservation(RateHeaders headers, Runnable onStart, Runnable onEnd, LongConsumer onUse) {
        this.headers = headers;
        this.onStart = onStart;
        this.onEnd = onEnd;
        this.onUse = onUse;
    }

    /** How the caller stands with this request taken. */
    public RateHeaders headers() {
        return headers;
    }

    /** The request no longer waits: its first token is there. */
    public void started() {
        if (started.compareAndSet(false, true)) {
            quietly(onStart);
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
            quietly(() -> onUse.accept(promptTokens + completionTokens));
        }
    }

    /** The request has ended. What was not settled goes back, all but the request itself. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            started();
            settle(0, 0);
            quietly(onEnd);
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
