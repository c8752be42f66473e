package dev.gufo.engine.cores;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * Who of a server's models computes on how many of the machine's cores. A model that is busy alone has all of them.
 * Models that are busy at once have a part each, so that no compute thread of one keeps one of another from running:
 * the threads of a model wait for each other after every operation, spinning, and one that has no core holds up all of
 * them.
 *
 * <p>A model is busy while it has requests, and for a moment longer, since the next one mostly follows at once. If more
 * models are busy than there are cores each has one thread, which waits for no other, and the system shares the cores
 * out.
 *
 * <p>Nothing is locked while something is computed. A share is told and followed from the next step on, so a model that
 * dies or hangs delays no other. The state is behind one lock, any thread may call.
 */
public final class CoreShares {
    private static final Duration LINGER = Duration.ofMillis(100);

    private final int cores;
    private final Duration linger;
    private final LongSupplier nanos;
    private final Executor afterLinger;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Member> members = new ArrayList<>(); // in the order of their joining

    /** @param cores to share; 1 or more */
    public CoreShares(int cores) {
        this(
                cores,
                LINGER,
                System::nanoTime,
                CompletableFuture.delayedExecutor(LINGER.toNanos(), TimeUnit.NANOSECONDS));
    }

    /**
     * @param linger how long a model counts as busy after its last request
     * @param nanos tells the time
     * @param afterLinger runs what it is given when that time has passed
     */
    CoreShares(int cores, Duration linger, LongSupplier nanos, Executor afterLinger) {
        this.cores = cores;
        this.linger = linger;
        this.nanos = nanos;
        this.afterLinger = afterLinger;
    }

    /**
     * Takes in a model, which is idle.
     *
     * @param most threads that it uses alone; 0 for one on each core
     * @param told takes the number of threads for its next steps, 1 to {@code most}, when that changes and before
     *     {@link Member#begin} returns; called under this object's lock by any thread, so it must not block. Until then
     *     the model uses {@code most}
     */
    public Member join(int most, IntConsumer told) {
        Member member = new Member(most == 0 ? cores : most, told);
        lock.lock();
        try {
            members.add(member);
        } finally {
            lock.unlock();
        }
        return member;
    }

    /** Deals the cores out to those who are busy: equal parts, and what one has no use for to the others. */
    private void deal() {
        List<Member> busy = members.stream()
                .filter(member -> member.busy)
                .sorted(Comparator.comparingInt(member -> member.most))
                .toList();
        int left = busy.size() == 1 ? busy.getFirst().most : cores;
        int waiting = busy.size();
        for (Member member : busy) {
            int share = Math.clamp(left / waiting, 1, member.most);
            left = Math.max(0, left - share);
            waiting--;
            if (share != member.share) {
                member.share = share;
                member.told.accept(share);
            }
        }
    }

    /** One model. Its fields are behind the lock. */
    public final class Member implements AutoCloseable {
        private final int most;
        private final IntConsumer told;
        private int share;
        private int requests;
        private boolean busy;
        private boolean looking; // whether look() is going to be called
        private long idleSince;

        private Member(int most, IntConsumer told) {
            this.most = most;
            this.told = told;
            share = most;
        }

        /** A request has come. */
        public void begin() {
            lock.lock();
            try {
                requests++;
                if (!busy && members.contains(this)) {
                    busy = true;
                    deal();
                }
            } finally {
                lock.unlock();
            }
        }

        /** A request is over, or was not taken; once for each {@link #begin}. */
        public void end() {
            lock.lock();
            try {
                requests--;
                if (requests < 0) {
                    throw new AssertionError("more requests have ended than began");
                }
                if (requests == 0) {
                    idleSince = nanos.getAsLong();
                    lookLater();
                }
            } finally {
                lock.unlock();
            }
        }

        private void lookLater() {
            if (!looking) {
                looking = true;
                afterLinger.execute(this::look);
            }
        }

        private void look() {
            lock.lock();
            try {
                looking = false;
                if (!busy || requests > 0) {
                    return;
                }
                if (nanos.getAsLong() - idleSince < linger.toNanos()) {
                    lookLater(); // it was busy in between
                    return;
                }
                busy = false;
                deal();
            } finally {
                lock.unlock();
            }
        }

        /** The model is gone, whatever it was doing; the others have its cores at once. Idempotent. */
        @Override
        public void close() {
            lock.lock();
            try {
                members.remove(this);
                if (busy) {
                    busy = false;
                    deal();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
