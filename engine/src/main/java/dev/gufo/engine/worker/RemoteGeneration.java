package dev.gufo.engine.worker;

import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A generation in the worker, as a request's thread reads it. The thread that receives frames adds events and wakes the reader once per
 * step; there is no lock, so neither waits for the other. After a cancellation nothing more comes, as after the last event: a reader
 * that still waits gets nothing in time.
 */
final class RemoteGeneration implements Generation {
    private final Runnable onCancel;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final Queue<GenerationEvent> events = new ConcurrentLinkedQueue<>();

    // Set while the reader parks or is about to. It looks for events once more after setting it, so none is slept
    // through.
    private volatile Thread reader;

    /** Belongs to the receiving thread: there are events which the reader has not been woken for. */
    private boolean toWake;

    RemoteGeneration(Runnable onCancel) {
        this.onCancel = onCancel;
    }

    @Override
    public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
        GenerationEvent event = events.poll();
        return Optional.ofNullable(event != null ? event : await(timeout));
    }

    private GenerationEvent await(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        reader = Thread.currentThread();
        try {
            while (true) {
                GenerationEvent event = events.poll();
                long left = deadline - System.nanoTime();
                if (event != null || left <= 0) {
                    return event;
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                LockSupport.parkNanos(this, left);
            }
        } finally {
            reader = null;
        }
    }

    @Override
    public void cancel() {
        if (cancelled.compareAndSet(false, true)) {
            onCancel.run();
        }
    }

    /**
     * Adds an event without waking the reader. The receiving thread's.
     *
     * @return whether this is the first since the last {@link #wake}
     */
    boolean add(GenerationEvent event) {
        events.add(event);
        boolean first = !toWake;
        toWake = true;
        return first;
    }

    /** Wakes the reader if it waits. The receiving thread's. */
    void wake() {
        toWake = false;
        LockSupport.unpark(reader);
    }
}
