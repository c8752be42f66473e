package dev.gufo.engine.worker;

import java.time.Duration;

/**
 * Gives memory back that a burst of work took: the serial collector makes the heap smaller in a full collection only,
 * for which an idle process has no reason of its own. One thread's.
 */
final class IdleHeap {
    /** A heap of this size is not worth the work. */
    private static final long SMALL_BYTES = 64L << 20;

    private static final Duration IDLE = Duration.ofSeconds(5);

    private long busy = System.nanoTime();
    private long after = SMALL_BYTES; // its size after the last collection that was asked for

    /** To be called now and then. */
    void look(boolean idle) {
        long now = System.nanoTime();
        if (!idle) {
            busy = now;
        } else if (now - busy > IDLE.toNanos() && Runtime.getRuntime().totalMemory() > after + after / 4) {
            System.gc();
            after = Math.max(SMALL_BYTES, Runtime.getRuntime().totalMemory());
        }
    }
}
