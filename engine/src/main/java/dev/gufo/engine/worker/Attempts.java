package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The attempts at one request, each in another worker: when one is lost, the request is submitted to the next worker,
 * until it has been lost so often that it may be what the workers die of. The request's thread submits and waits;
 * {@link #cancel} may come from any.
 *
 * @param <T> a request that runs
 */
final class Attempts<T> {
    /** With so many workers lost while it ran, a request is given up. */
    static final int MOST_LOST = 3;

    /** The same for workers in whose queue it was; what they do before they say that they start it may end them too. */
    private static final int MOST_LOST_IN_ALL = 10;

    private final Supervisor supervisor;
    private final Function<WorkerClient, T> submission;
    private final Consumer<T> cancellation;
    private final WakeUp wakeUp = new WakeUp();
    private int lost; // workers that ran it; the request's thread's, like the next
    private int lostInAll;

    // Guarded by this object's lock.
    private @Nullable T running; // null while there is no attempt
    private @Nullable Subscription waiting; // null unless the next attempt waits for a worker
    private boolean over;

    /**
     * None yet.
     *
     * @param submission hands the request to a worker
     * @param cancellation stops it there; never blocks
     */
    Attempts(Supervisor supervisor, Function<WorkerClient, T> submission, Consumer<T> cancellation) {
        this.supervisor = supervisor;
        this.submission = submission;
        this.cancellation = cancellation;
    }

    /**
     * Makes the first attempt. If there is no worker because the last one was lost, it is made with the next one.
     *
     * @throws EngineException if there will be no worker, or it does not take the request, which is over then
     */
    void begin() {
        Optional<WorkerClient> worker = supervisor.client();
        if (worker.isPresent()) {
            submitTo(worker.get());
        } else if (supervisor.isBetweenWorkers()) {
            waitForNext();
        } else {
            throw supervisor.notReady();
        }
    }

    /**
     * Makes an attempt; if the worker is lost before it has taken the request, that was the attempt.
     *
     * @throws EngineException if the worker does not take the request, which is over then
     */
    private void submitTo(WorkerClient worker) {
        boolean taken = false;
        try {
            hold(submission.apply(worker));
            taken = true;
        } catch (EngineException.Restarted e) {
            lost(e, true);
            taken = true;
        } finally {
            if (!taken) {
                cancel();
            }
        }
    }

    private void hold(T attempt) {
        boolean wanted;
        synchronized (this) {
            wanted = !over;
            if (wanted) {
                running = attempt;
            }
            if (stopWaiting() && lostInAll > 0) {
                supervisor.resumed();
            }
        }
        if (!wanted) {
            cancellation.accept(attempt);
        }
    }

    /**
     * The attempt that runs. If there is none, one is made with the next worker, which is waited for.
     *
     * @param most longest wait
     * @return empty if there was no worker in time, or once it is over
     * @throws EngineException if there will be no worker, or it does not take the request; it is over then
     */
    Optional<T> running(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        Optional<T> now = held();
        while (now.isEmpty()) {
            if (isWaiting()) {
                submitIfPossible();
                now = held();
            }
            long left = end - System.nanoTime();
            if (now.isPresent() || left <= 0) {
                return now;
            }
            wakeUp.await(Duration.ofNanos(left));
            now = held();
        }
        return now;
    }

    private void submitIfPossible() throws InterruptedException {
        Optional<WorkerClient> worker = supervisor.client();
        if (worker.isPresent()) {
            try {
                submitTo(worker.get());
            } catch (EngineException.Interrupted e) {
                boolean _ = Thread.interrupted(); // told by the exception
                throw new InterruptedException(e.getMessage());
            }
        } else if (supervisor.status().status() instanceof EngineStatus.Failed
                || supervisor.status().status() instanceof EngineStatus.Closed) {
            cancel();
            throw supervisor.notReady();
        }
    }

    private synchronized boolean isWaiting() {
        return waiting != null;
    }

    private synchronized Optional<T> held() {
        return Optional.ofNullable(running);
    }

    /**
     * Notes that the worker was lost with the attempt; the next one is due.
     *
     * @param ran whether the request ran there, and may be the reason
     * @throws EngineException.Restarted if it was lost too often, and is over
     */
    void lost(EngineException.Restarted cause, boolean ran) {
        lost += ran ? 1 : 0;
        lostInAll++;
        if (lost >= MOST_LOST || lostInAll >= MOST_LOST_IN_ALL) {
            cancel();
            throw new EngineException.Restarted(
                    "%d workers ended while they had this request; %s".formatted(lostInAll, cause.getMessage()),
                    lostInAll);
        }
        waitForNext();
    }

    private synchronized void waitForNext() {
        running = null;
        if (!over && waiting == null) {
            waiting = supervisor.status().subscribe(_ -> wakeUp.wake());
            supervisor.waits(1);
        }
    }

    /** Stops the attempt that runs, and makes no more. Idempotent, never blocks. */
    void cancel() {
        T last;
        synchronized (this) {
            over = true;
            last = running;
            running = null;
            boolean _ = stopWaiting();
        }
        if (last != null) {
            cancellation.accept(last);
        }
    }

    private boolean stopWaiting() {
        if (waiting == null) {
            return false;
        }
        waiting.close();
        waiting = null;
        supervisor.waits(-1);
        return true;
    }
}
