package dev.gufo.engine.batch;

/** How long copies of states between the slots and main memory take, learned from those that were made. */
final class CopyTimes {
    /** Before the first one, for each byte: what a slow bus does. */
    private static final double FIRST_NANOS = 0.5;

    private double nanosPerByte = FIRST_NANOS;

    /** How long a copy is expected to take. */
    long nanos(long bytes) {
        return (long) (nanosPerByte * bytes);
    }

    /** Learns from a copy: half of what is expected is what the last one took. */
    void observe(long bytes, long nanos) {
        nanosPerByte = (nanosPerByte + (double) nanos / Math.max(1, bytes)) / 2;
    }
}
