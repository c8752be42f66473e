package dev.gufo.engine.worker;

import dev.gufo.engine.Owner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one long text at a time into a worker's tokenizers, in turn from each owner, so that a thread of theirs stays
 * free for short texts and an owner with many long ones delays another's single one by one turn. An owner of weight w
 * has w turns where one of weight 1 has one. Safe for any thread; all state is behind the lock, and who waits does so
 * outside of it.
 */
final class TextTurns {
    /** Texts up to this length, in characters, wait for nobody. */
    static final int SHORT = 32 << 10;

    private static final long STRIDE = 1L << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private boolean taken;
    private long lastPass;

    private static final class Line {
        private final Deque<Semaphore> waiting = new ArrayDeque<>();
        private long pass;
        private long stride;
    }

    /** One turn; the next one's begins when it is closed. */
    @FunctionalInterface
    interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Waits until it is the turn of a text.
     *
     * @param characters its length; a short one has its turn at once
     * @return to be closed when the text has been tokenized
     * @throws InterruptedException if the calling thread was interrupted while it waited
     */
    Turn await(Owner owner, long characters) throws InterruptedException {
        if (characters <= SHORT) {
            return () -> {};
        }
        var granted = new Semaphore(0);
        lock.lock();
        try {
            Line line = lines.computeIfAbsent(owner.id(), _ -> {
                var fresh = new Line();
                fresh.pass = lastPass;
                return fresh;
            });
            line.stride = STRIDE / owner.weight();
            line.waiting.add(granted);
            grantIfFree();
        } finally {
            lock.unlock();
        }
        try {
            granted.acquire();
        } catch (InterruptedException e) {
            giveUp(owner, granted);
            throw e;
        }
        return this::end;
    }

    private void giveUp(Owner owner, Semaphore waiter) {
        lock.lock();
        try {
            Line line = lines.get(owner.id());
            if (line == null || !line.waiting.remove(waiter)) {
                end(); // its turn had come meanwhile
            }
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            taken = false;
            grantIfFree();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Under the lock: the owner who has had least for its weight comes next. Owners that are not ahead are not
     * remembered.
     */
    private void grantIfFree() {
        if (taken) {
            return;
        }
        Line best = null;
        for (Line line : lines.values()) {
            if (!line.waiting.isEmpty() && (best == null || line.pass < best.pass)) {
                best = line;
            }
        }
        if (best != null) {
            taken = true;
            lastPass = Math.max(lastPass, best.pass);
            best.pass += best.stride;
            best.waiting.remove().release();
        }
        lines.values().removeIf(line -> line.waiting.isEmpty() && line.pass <= lastPass);
    }
}
