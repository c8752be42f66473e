package dev.gufo.engine.worker;

import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A generation in the worker, as a request's thread reads it. The thread that receives frames adds events and wakes the
 * reader once per step; there is no lock, so neither waits for the other. After a cancellation nothing more comes, as
 * after the last event: a reader that still waits gets nothing in time.
 */
final class RemoteGeneration implements Generation {
    /** From here on {@link #tick} may end a wait late by as much as ticks are apart. */
    private static final long LONG_WAIT = Duration.ofSeconds(1).toNanos();

    private final Runnable onCancel;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final Queue<GenerationEvent> events = new ConcurrentLinkedQueue<>();

    // Set while the reader parks or is about to. It looks for events once more after setting it, so none is slept
    // through.
    private volatile @Nullable Thread reader;

    // Until when the reader waits. A long wait has no timer of its own, which would cost a thread's wake-up per token;
    // tick() ends it.
    private volatile long deadline;

    /** Belongs to the receiving thread: there are events which the reader has not been woken for. */
    private boolean toWake;

    RemoteGeneration(Runnable onCancel) {
        this.onCancel = onCancel;
    }

    @Override
    public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
        GenerationEvent event = events.poll();
        if (event != null || timeout.isZero()) {
            return Optional.ofNullable(event);
        }
        return Optional.ofNullable(await(timeout));
    }

    private @Nullable GenerationEvent await(Duration timeout) throws InterruptedException {
        deadline = System.nanoTime() + timeout.toNanos();
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
                if (left > LONG_WAIT && !cancelled.get()) {
                    LockSupport.park(this);
                } else {
                    LockSupport.parkNanos(this, left);
                }
            }
        } finally {
            reader = null;
        }
    }

    @Override
    public void cancel() {
        if (cancelled.compareAndSet(false, true)) {
            onCancel.run();
            LockSupport.unpark(reader); // ticks end with the registration
        }
    }

    /** Wakes a reader that has waited long enough. Called now and then by the receiving thread. */
    void tick() {
        Thread waiting = reader;
        if (waiting != null && System.nanoTime() - deadline >= 0) {
            LockSupport.unpark(waiting);
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
