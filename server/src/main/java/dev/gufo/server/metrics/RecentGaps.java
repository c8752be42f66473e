package dev.gufo.server.metrics;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The gaps between two tokens that streams of a model had in the last minute, in buckets of which each reaches a tenth
 * further than the one before: so a percentile is right to five percent. Guarded by its monitor.
 */
final class RecentGaps {
    private static final int PARTS = 6;
    private static final long PART_NANOS = 10_000_000_000L;
    private static final double LEAST_SECONDS = 0.000_1;
    private static final double GROWTH = 1.1;
    private static final int BUCKETS = 150; // the last one begins at two minutes

    private final LongSupplier nanoTime;
    private final long[][] counts = new long[PARTS][BUCKETS];
    private final long[] parts = new long[PARTS]; // which ten seconds each row counts

    /** @param nanoTime {@link System#nanoTime} */
    RecentGaps(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        Arrays.fill(parts, Long.MIN_VALUE);
    }

    /** Counts gaps that were equally long. */
    synchronized void add(double seconds, int gaps) {
        long part = part();
        int row = (int) Math.floorMod(part, (long) PARTS);
        if (parts[row] != part) {
            Arrays.fill(counts[row], 0);
            parts[row] = part;
        }
        counts[row][bucket(seconds)] += gaps;
    }

    /** What they were; empty if there were none. */
    synchronized Optional<Metrics.Gaps> told() {
        long now = part();
        long[] sums = new long[BUCKETS];
        for (int row = 0; row < PARTS; row++) {
            if (parts[row] > now - PARTS && parts[row] <= now) {
                for (int i = 0; i < BUCKETS; i++) {
                    sums[i] += counts[row][i];
                }
            }
        }
        long all = Arrays.stream(sums).sum();
        return all == 0
                ? Optional.empty()
                : Optional.of(new Metrics.Gaps(all, quantile(sums, all, 0.5), quantile(sums, all, 0.99)));
    }

    private long part() {
        return Math.floorDiv(nanoTime.getAsLong(), PART_NANOS);
    }

    private static int bucket(double seconds) {
        double steps = Math.log(Math.max(seconds, LEAST_SECONDS) / LEAST_SECONDS) / Math.log(GROWTH);
        return Math.min((int) steps, BUCKETS - 1);
    }

    /** The middle of the bucket that has this part of all below its end, in seconds. */
    private static double quantile(long[] sums, long all, double part) {
        long below = 0;
        int bucket = 0;
        while (below + sums[bucket] < part * all) {
            below += sums[bucket++];
        }
        return LEAST_SECONDS * Math.pow(GROWTH, bucket + 0.5);
    }
}
