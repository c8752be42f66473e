package dev.gufo.server.http;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.HashMap;
import java.util.Map;

/**
 * The share of the heap that the bodies of all requests may take, from their first byte until their text has been
 * tokenized. Room is taken as bytes arrive, never because a client announces them, so a connection that sends nothing
 * holds nothing.
 *
 * <p>Each body begins in a pool for small ones and goes on in a pool for large ones: large bodies, however many, keep
 * no small one out. No owner may have more than {@value #OWNER_QUARTERS} quarters of the large pool or half of the
 * small one, so none keeps all others out. Safe for any thread: all numbers are behind this object's monitor.
 */
public final class BodyRoom {
    /**
     * Bytes of heap for each byte of a body. A text of n bytes is held as the parser's characters (2n), as what becomes
     * the string (up to 2n) and as that string (up to 2n) at once; later as the string (2n) and as the prompt that a
     * template makes of it (4n). {@code HostileBodiesTest} holds it against a heap of the size that {@code bin/gufo}
     * sets.
     */
    static final int MULTIPLE = 6;

    /** What of {@link #MULTIPLE} stays while a request that has been read waits for its model. */
    private static final int RESTING = 2;

    /** A body's first bytes, which come from the pool for small ones. */
    private static final long SMALL_BODY = 64L << 10;

    private static final int OWNER_QUARTERS = 3;
    private static final int PERCENT_OF_HEAP = 40;
    private static final int SMALL_EIGHTHS = 1;

    private final Pool small;
    private final Pool large;

    /** @param heapBytes most that this process's heap may become */
    public BodyRoom(long heapBytes) {
        long all = heapBytes / 100 * PERCENT_OF_HEAP;
        long forSmall = all / 8 * SMALL_EIGHTHS;
        this.small = new Pool(forSmall, forSmall / 2);
        this.large = new Pool(all - forSmall, (all - forSmall) / 4 * OWNER_QUARTERS);
    }

    /** The largest body, in bytes, that one owner has room for when no other has any. */
    public long largestBody() {
        return large.most() / MULTIPLE;
    }

    /** The heap, in bytes, that bodies of this size need. */
    public static long heapFor(long bodyBytes) {
        double ofLarge = (double) bodyBytes * MULTIPLE / OWNER_QUARTERS * 4;
        return (long) Math.ceil(ofLarge / (8 - SMALL_EIGHTHS) * 8 / PERCENT_OF_HEAP * 100);
    }

    /** Room for one request, none of it taken yet; belongs to the request's thread. */
    public Hold open(String owner) {
        return new Hold(owner);
    }

    private static final class Pool {
        private final long most;
        private final Map<String, Long> byOwner = new HashMap<>();
        private long free;

        Pool(long bytes, long most) {
            this.free = bytes;
            this.most = most;
        }

        long most() {
            return most;
        }

        boolean take(String owner, long bytes) {
            long held = byOwner.getOrDefault(owner, 0L);
            if (bytes > free || held + bytes > most) {
                return false;
            }
            free -= bytes;
            byOwner.put(owner, held + bytes);
            return true;
        }

        void giveBack(String owner, long bytes) {
            free += bytes;
            byOwner.computeIfPresent(owner, (_, held) -> held == bytes ? null : held - bytes);
        }
    }

    /** What one request has taken. Closing it gives all back. */
    public final class Hold implements AutoCloseable {
        private final String owner;
        private long fromSmall;
        private long fromLarge;
        private long restingAside;

        private Hold(String owner) {
            this.owner = owner;
        }

        /**
         * Takes room for bytes of the body that have arrived.
         *
         * @throws ApiException with {@link Problem.NoRoom} if there is none
         */
        void arrived(long bodyBytes) {
            take(bodyBytes * MULTIPLE);
        }

        /**
         * Takes bytes of heap.
         *
         * @throws ApiException with {@link Problem.NoRoom} if there are none now, {@link Problem.BodyTooCostly} if
         *     there never will be
         */
        public void take(long bytes) {
            if (!tryTake(bytes)) {
                boolean never = fromLarge + bytes > large.most();
                throw new ApiException(never ? new Problem.BodyTooCostly() : new Problem.NoRoom());
            }
        }

        /** Takes bytes of heap; false if there are none. */
        public boolean tryTake(long bytes) {
            synchronized (BodyRoom.this) {
                long ofSmall = Math.clamp(SMALL_BODY * MULTIPLE - fromSmall, 0, bytes);
                if (!small.take(owner, ofSmall)) {
                    ofSmall = 0;
                }
                if (!large.take(owner, bytes - ofSmall)) {
                    small.giveBack(owner, ofSmall);
                    return false;
                }
                fromSmall += ofSmall;
                fromLarge += bytes - ofSmall;
                return true;
            }
        }

        /** Gives back what is not needed while the request waits for its model. */
        public void rest() {
            synchronized (BodyRoom.this) {
                restingAside = fromLarge / MULTIPLE * (MULTIPLE - RESTING);
                large.giveBack(owner, restingAside);
                fromLarge -= restingAside;
            }
        }

        /**
         * Takes that again.
         *
         * @throws ApiException with {@link Problem.NoRoom} if others have it by now
         */
        public void goOn() {
            long again = restingAside;
            restingAside = 0;
            synchronized (BodyRoom.this) {
                if (!large.take(owner, again)) {
                    throw new ApiException(new Problem.NoRoom());
                }
                fromLarge += again;
            }
        }

        /** Keeps this many bytes of heap and gives the rest back: the body has been understood and is forgotten. */
        public void keep(long bytes) {
            close();
            take(bytes);
        }

        @Override
        public void close() {
            synchronized (BodyRoom.this) {
                small.giveBack(owner, fromSmall);
                large.giveBack(owner, fromLarge);
                fromSmall = 0;
                fromLarge = 0;
            }
        }
    }
}
