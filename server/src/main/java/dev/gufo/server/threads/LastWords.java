package dev.gufo.server.threads;

import java.time.Duration;
import java.util.List;

/** Ends threads that work for nobody who waits at a connection, when the server is being stopped. */
public final class LastWords {
    private LastWords() {}

    /**
     * Interrupts threads, and waits until they have written down how far they came. Ends early, and stays interrupted,
     * if the calling thread is.
     *
     * @param most that is waited for all together
     */
    public static void of(List<Thread> threads, Duration most) {
        threads.forEach(Thread::interrupt);
        long end = System.nanoTime() + most.toNanos();
        try {
            for (Thread thread : threads) {
                boolean _ = thread.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
