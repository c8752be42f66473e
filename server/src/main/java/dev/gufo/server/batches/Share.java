package dev.gufo.server.batches;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.models.ServedModel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * How many lines of batches a model has at once: a share of its sequences, and a further one only where a sequence is
 * free, so that a request which comes finds the others free. Safe for any thread.
 */
final class Share {
    /** How soon it is seen that other requests have left a sequence. */
    private static final Duration LOOK = Duration.ofMillis(10);

    private final double share;
    private final ReentrantLock lock = new ReentrantLock(true); // batches take turns
    private final Condition changed = lock.newCondition();
    private final Map<String, Integer> running = new HashMap<>(); // by the model's file; behind lock

    /** @param share of a model's sequences, above 0 up to 1; at least one is taken */
    Share(double share) {
        this.share = share;
    }

    /** The place of a line that runs; to be given back on any thread. */
    @FunctionalInterface
    interface Place {
        void giveBack();
    }

    /**
     * Waits for a place.
     *
     * @param over asked again and again
     * @return empty if it is over before there is one
     */
    Optional<Place> take(ServedModel model, BooleanSupplier over) throws InterruptedException {
        String file = model.residence().file();
        lock.lockInterruptibly();
        try {
            while (!over.getAsBoolean()) {
                int own = running.getOrDefault(file, 0);
                if (hasRoom(model, own)) {
                    running.put(file, own + 1);
                    return Optional.of(() -> giveBack(file));
                }
                boolean _ = changed.awaitNanos(LOOK.toNanos()) > 0;
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom(ServedModel model, int own) {
        Optional<Engine> engine = model.residence().engine();
        Optional<EngineStatus.Ready> ready = model.residence().ready();
        if (engine.isEmpty() || ready.isEmpty()) {
            return own == 0; // one line has it loaded
        }
        int sequences = engine.get().model().sequences();
        int most = Math.max(1, (int) (share * sequences));
        return own < most && ready.get().running() + ready.get().waiting() < sequences;
    }

    private void giveBack(String file) {
        lock.lock();
        try {
            running.merge(file, -1, Integer::sum);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
