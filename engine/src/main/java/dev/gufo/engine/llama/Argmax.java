package dev.gufo.engine.llama;

import java.lang.foreign.MemorySegment;

/**
 * The index of the largest of many floats. The maximum of each block is taken by a loop that the compiler turns into
 * vector instructions; only the winning block is searched.
 */
final class Argmax {
    private static final int BLOCK = 512;

    private final float[] row;

    /** For rows of {@code length} floats; not safe for threads. */
    Argmax(int length) {
        row = new float[length];
    }

    /**
     * @param floats as many as the length
     * @return the first index of the largest
     * @throws NonFinite if one of them is NaN, or none is finite
     */
    int of(MemorySegment floats) {
        MemorySegment.copy(floats, C.FLOAT, 0, row, 0, row.length);
        float best = Float.NEGATIVE_INFINITY;
        int bestBlock = 0;
        for (int from = 0; from < row.length; from += BLOCK) {
            float most = max(from, Math.min(from + BLOCK, row.length));
            if (most > best) {
                best = most;
                bestBlock = from;
            } else if (Float.isNaN(most)) {
                throw new NonFinite();
            }
        }
        if (Float.isInfinite(best)) {
            throw new NonFinite();
        }
        int index = bestBlock;
        while (row[index] != best) {
            index++;
        }
        return index;
    }

    /** NaN if there is one among them. */
    private float max(int from, int to) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            most = Math.max(most, row[i]);
        }
        return most;
    }
}
