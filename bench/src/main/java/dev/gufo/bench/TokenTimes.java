package dev.gufo.bench;

import java.util.Arrays;
import java.util.function.LongConsumer;

/** When the pieces of one answer were read, in the order in which they came; {@link System#nanoTime} values. */
final class TokenTimes {
    private long[] times = new long[64];
    private int count;

    void add(long nanos) {
        if (count == times.length) {
            times = Arrays.copyOf(times, count * 2);
        }
        times[count++] = nanos;
    }

    int count() {
        return count;
    }

    /** The first one; there must be one. */
    long first() {
        if (count == 0) {
            throw new IllegalStateException("nothing was read");
        }
        return times[0];
    }

    /** Hands over the nanoseconds between each piece and the one before; 0 for pieces that came in one read. */
    void forEachGap(LongConsumer gap) {
        for (int i = 1; i < count; i++) {
            gap.accept(times[i] - times[i - 1]);
        }
    }

    /** How many were read at {@code nanos} or before. */
    int countUntil(long nanos) {
        int until = 0;
        while (until < count && times[until] - nanos <= 0) {
            until++;
        }
        return until;
    }
}
