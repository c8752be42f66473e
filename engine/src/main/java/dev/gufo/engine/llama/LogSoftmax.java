package dev.gufo.engine.llama;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Log-probabilities of one row of logits: {@code log softmax(x)_i = x_i − max − log Σ exp(x_j − max)}, summed in double
 * precision. Not safe for threads.
 */
final class LogSoftmax {
    private final float[] row;
    private double normalizer;

    /** For rows of {@code length} logits. */
    LogSoftmax(int length) {
        row = new float[length];
    }

    /**
     * Takes a row in.
     *
     * @param logits as many floats as the length
     * @throws NonFinite if one of them is NaN, or none is finite
     */
    void read(MemorySegment logits) {
        MemorySegment.copy(logits, C.FLOAT, 0, row, 0, row.length);
        float most = Float.NEGATIVE_INFINITY;
        for (float logit : row) {
            most = Math.max(most, logit);
        }
        if (!Float.isFinite(most)) {
            throw new NonFinite();
        }
        double sum = 0;
        for (float logit : row) {
            sum += Math.exp(logit - most);
        }
        normalizer = most + Math.log(sum);
    }

    /** Of one index, at most 0. */
    float of(int index) {
        return (float) Math.min(0, row[index] - normalizer);
    }

    /**
     * The indices of the largest logits, the largest first, and of equal ones the smaller index first.
     *
     * @param count at most the length
     */
    int[] top(int count) {
        int[] best = new int[count];
        int found = 0;
        for (int index = 0; index < row.length; index++) {
            if (found == count && (count == 0 || row[index] <= row[best[count - 1]])) {
                continue;
            }
            int at = found < count ? found++ : count - 1;
            for (; at > 0 && row[best[at - 1]] < row[index]; at--) {
                best[at] = best[at - 1];
            }
            best[at] = index;
        }
        return Arrays.copyOf(best, found);
    }
}
