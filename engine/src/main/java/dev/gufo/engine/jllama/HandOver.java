package dev.gufo.engine.jllama;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands events of several threads out one after the other, so that their taker sees one thread at a time. Any thread.
 */
final class HandOver {
    private final ReentrantLock turn = new ReentrantLock();
    private volatile Runnable stepEnd = () -> {};

    /** Sets what runs after events. */
    void onStepEnd(Runnable action) {
        stepEnd = action;
    }

    /** Runs {@code events}, which must not block. Who waits for its turn meanwhile ends the step for all. */
    void run(Runnable events) {
        turn.lock();
        try {
            events.run();
            if (!turn.hasQueuedThreads()) {
                stepEnd.run();
            }
        } finally {
            turn.unlock();
        }
    }
}
