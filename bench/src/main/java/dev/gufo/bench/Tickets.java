package dev.gufo.bench;

import java.util.OptionalLong;

/** Hands out the numbers of the requests that are still to be sent. One thread. */
final class Tickets {
    private final LoadPlan.Extent extent;
    private final long first;
    private final long startNanos;
    private long taken;

    /** Numbers from {@code first} on; a duration counts from {@code startNanos}. */
    Tickets(LoadPlan.Extent extent, long first, long startNanos) {
        this.extent = extent;
        this.first = first;
        this.startNanos = startNanos;
    }

    /** The next number; empty from the end of the run on. */
    OptionalLong next() {
        long number = taken++;
        boolean over = switch (extent) {
            case LoadPlan.Extent.Requests(int count) -> number >= count;
            case LoadPlan.Extent.For(var time) -> System.nanoTime() - startNanos >= time.toNanos();
        };
        return over ? OptionalLong.empty() : OptionalLong.of(first + number);
    }
}
