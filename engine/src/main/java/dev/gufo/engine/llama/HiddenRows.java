package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Hidden states of tokens that follow each other, copied out of a context. Belongs to the thread of that context.
 *
 * @see TokenBatch#pairWith
 */
public final class HiddenRows implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final int capacity;
    private final int width;
    private final MemorySegment data;
    private int count;

    /** @param width numbers of a row */
    HiddenRows(int capacity, int width) {
        this.capacity = capacity;
        this.width = width;
        data = arena.allocate((long) capacity * width * C.FLOAT.byteSize(), C.FLOAT.byteAlignment());
    }

    /** Rows in it. */
    public int count() {
        return count;
    }

    /** Rows that still fit. */
    public int room() {
        return capacity - count;
    }

    /** Drops the rows behind the first {@code n}. */
    public void keep(int n) {
        count = Math.min(count, n);
    }

    /**
     * Appends the states of tokens of the last batch of a context that keeps them.
     *
     * @param first index of the first of them in the batch
     * @param n how many, at most {@link #room}
     */
    public void append(LlamaContext context, int first, int n) {
        MemorySegment.copy(context.hiddenRows(first, n, width), 0, place(n), 0, bytes(n));
        count += n;
    }

    /** Appends a row of zeros, in place of one that nobody knows. */
    public void appendUnknown() {
        place(1).fill((byte) 0);
        count++;
    }

    private MemorySegment place(int n) {
        if (n > room()) {
            throw new AssertionError("%d rows do not fit, there is room for %d".formatted(n, room()));
        }
        return data.asSlice(bytes(count), bytes(n));
    }

    private long bytes(int rows) {
        return (long) rows * width * C.FLOAT.byteSize();
    }

    /** The first of them. */
    MemorySegment data() {
        return data;
    }

    @Override
    public void close() {
        arena.close();
    }
}
