package dev.gufo.engine.worker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls of one kind, which the same threads of the worker answer: if none is answered while some wait, those threads
 * are stuck. A single call has no short deadline, since a text of many megabytes or a queue in front of it is no reason
 * to end a worker.
 *
 * <p>Any thread adds and removes calls; the rest is the receiving thread's.
 */
final class CallLane {
    private final String kind;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean answered;
    private long silent; // nanoseconds

    /** @param kind what they ask for: completes "it has answered no call" */
    CallLane(String kind) {
        this.kind = kind;
    }

    void add() {
        waiting.incrementAndGet();
    }

    void remove() {
        waiting.decrementAndGet();
    }

    /** One of them was answered. */
    void answered() {
        answered = true;
    }

    /**
     * Lets time pass.
     *
     * @param nanos since the last time
     * @throws NotAnswering if none was answered for longer than {@code most}
     */
    void requireAnswers(long nanos, Duration most) throws NotAnswering {
        silent = answered || waiting.get() == 0 ? 0 : silent + nanos;
        answered = false;
        if (silent > most.toNanos()) {
            throw new NotAnswering("it has answered no call %s for %s".formatted(kind, LifeSigns.text(most)));
        }
    }
}
