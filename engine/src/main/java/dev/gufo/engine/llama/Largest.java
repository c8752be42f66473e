package dev.gufo.engine.llama;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The indices of the largest of many floats. The maximum of each block is taken by a loop that the compiler turns into
 * vector instructions, as it does for integers and not for floats, whose bits are compared therefore; only blocks that
 * can hold one of the largest are searched, those with the largest maxima first. Not safe for threads.
 */
final class Largest {
    private static final int BLOCK = 512;

    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private final int[] row; // bits of floats
    private final long[] blocks; // of each block its maximum, in an order that sorts, and its number
    private int[] heap = {}; // keys; the least of those that were found is first
    private int[] indices = {};
    private int found;

    /** For rows of {@code length} floats. */
    Largest(int length) {
        row = new int[length];
        blocks = new long[(length + BLOCK - 1) / BLOCK];
    }

    /**
     * Takes a row in.
     *
     * @param floats as many as the length
     * @throws NonFinite if one of them is NaN, or none is finite
     */
    void read(MemorySegment floats) {
        MemorySegment.copy(floats, C.INT, 0, row, 0, row.length);
        int most = Integer.MIN_VALUE;
        for (int block = 0; block < blocks.length; block++) {
            int from = block * BLOCK;
            int to = Math.min(from + BLOCK, row.length);
            if (size(from, to) > INFINITY) {
                throw new NonFinite(); // more than infinity: NaN
            }
            int max = max(from, to);
            most = Math.max(most, max);
            blocks[block] = (long) max << Integer.SIZE | block;
        }
        if (most == key(INFINITY) || most == key(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY))) {
            throw new NonFinite();
        }
    }

    /** The largest key among them. */
    private int max(int from, int to) {
        int most = Integer.MIN_VALUE;
        for (int i = from; i < to; i++) {
            most = Math.max(most, key(row[i]));
        }
        return most;
    }

    /** The largest of them without their signs. */
    private int size(int from, int to) {
        int most = 0;
        for (int i = from; i < to; i++) {
            most = Math.max(most, row[i] & Integer.MAX_VALUE);
        }
        return most;
    }

    /** An integer for the bits of a float, in the order of the floats; -0 is less than 0. */
    private static int key(int bits) {
        return bits ^ (bits >> (Integer.SIZE - 1) & Integer.MAX_VALUE);
    }

    /** One of the row. */
    float at(int index) {
        return Float.intBitsToFloat(row[index]);
    }

    /** The first index of the largest. */
    int first() {
        long best = blocks[0];
        for (long block : blocks) {
            best = block >> Integer.SIZE > best >> Integer.SIZE ? block : best;
        }
        int index = (int) best * BLOCK;
        int most = (int) (best >> Integer.SIZE);
        while (key(row[index]) != most) {
            index++;
        }
        return index;
    }

    /**
     * The indices of the largest, in no order; of equal ones at the end any.
     *
     * @param count 1 to the length
     */
    int[] of(int count) {
        if (heap.length < count) {
            heap = new int[count];
            indices = new int[count];
        }
        found = 0;
        Arrays.sort(blocks);
        for (int i = blocks.length - 1; i >= 0; i--) {
            int from = (int) blocks[i] * BLOCK;
            if (found == count && blocks[i] >> Integer.SIZE <= heap[0]) {
                break;
            }
            for (int at = from; at < Math.min(from + BLOCK, row.length); at++) {
                if (found < count) {
                    rise(at);
                } else if (key(row[at]) > heap[0]) {
                    sink(at, count);
                }
            }
        }
        return Arrays.copyOf(indices, count);
    }

    private void rise(int index) {
        int value = key(row[index]);
        int at = found++;
        for (int parent = (at - 1) / 2; at > 0 && heap[parent] > value; parent = (at - 1) / 2) {
            heap[at] = heap[parent];
            indices[at] = indices[parent];
            at = parent;
        }
        heap[at] = value;
        indices[at] = index;
    }

    /** In place of the least. */
    private void sink(int index, int count) {
        int value = key(row[index]);
        int at = 0;
        for (int child = 1; child < count; child = 2 * at + 1) {
            if (child + 1 < count && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[at] = heap[child];
            indices[at] = indices[child];
            at = child;
        }
        heap[at] = value;
        indices[at] = index;
    }
}
