package dev.gufo.server.http;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests that are being answered, so that a stop can wait for them. Once draining nothing enters any more. Those
 * that take too long are interrupted: a thread is interrupted only between its enter and its leave, because both and
 * the interruption hold the lock.
 */
public final class InFlight {
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final Duration retryAfter;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Thread> running = new HashSet<>();
    private final List<Runnable> drains = new CopyOnWriteArrayList<>();
    private boolean draining;

    /** @param retryAfter what is told to those who come while draining */
    public InFlight(Duration retryAfter) {
        this.retryAfter = retryAfter;
    }

    /**
     * Counts the calling thread's request until the result is closed on the same thread.
     *
     * @throws ApiException with {@link Problem.Draining}
     */
    public Entry enter() {
        lock.lock();
        try {
            if (draining) {
                throw stopping();
            }
            running.add(Thread.currentThread());
        } finally {
            lock.unlock();
        }
        return this::leave;
    }

    /** What those are told who come while the server is being stopped. */
    public ApiException stopping() {
        return new ApiException(new Problem.Draining(retryAfter));
    }

    /** Whether the server is being stopped. */
    public boolean draining() {
        lock.lock();
        try {
            return draining;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets nothing in any more, waits for what runs, and interrupts what then still does.
     *
     * @param timeout longest wait
     * @return requests that were interrupted
     * @throws InterruptedException if the calling thread was; nothing comes in from then on either
     */
    public int drain(Duration timeout) throws InterruptedException {
        beginDraining();
        drains.forEach(Runnable::run);
        lock.lockInterruptibly();
        try {
            if (awaitNone(timeout)) {
                return 0;
            }
            int late = running.size();
            running.forEach(Thread::interrupt);
            awaitNone(LAST_WORDS);
            return late;
        } finally {
            lock.unlock();
        }
    }

    private void beginDraining() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            draining = true;
        } finally {
            lock.unlock();
        }
    }

    /** Has something done when a drain begins, before it waits; more than once if there are several drains. */
    public void onDrain(Runnable first) {
        drains.add(first);
    }

    private boolean awaitNone(Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        while (!running.isEmpty() && left > 0) {
            left = changed.awaitNanos(left);
        }
        return running.isEmpty();
    }

    private void leave() {
        lock.lock();
        try {
            running.remove(Thread.currentThread());
            // An interruption was meant for this request, not for the next one on this connection.
            boolean _ = Thread.interrupted();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** One request that is being answered. */
    @FunctionalInterface
    public interface Entry extends AutoCloseable {
        @Override
        void close();
    }
}
