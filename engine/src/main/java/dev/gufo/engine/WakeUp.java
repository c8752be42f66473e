package dev.gufo.engine;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Wakes a thread that waits for something to change, so that it need not look again and again. Any thread wakes, one
 * waits.
 *
 * <p>A wake-up before the wait ends the wait at once, and several before it count as one. So the waiting thread looks
 * at what it waits for, waits, and looks again: no change is slept through.
 */
public final class WakeUp {
    private final ArrayBlockingQueue<Boolean> pending = new ArrayBlockingQueue<>(1);

    /** Ends the wait that is under way, or else the next one. Never blocks. */
    public void wake() {
        boolean _ = pending.offer(true); // one that is pending already is enough
    }

    /** Waits until it is woken. */
    public void await() throws InterruptedException {
        pending.take();
    }

    /** Waits until it is woken, at most so long; returns at once if that is negative. */
    public void await(Duration most) throws InterruptedException {
        pending.poll(TimeUnit.NANOSECONDS.convert(most), TimeUnit.NANOSECONDS);
    }
}
