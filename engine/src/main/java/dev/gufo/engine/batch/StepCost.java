package dev.gufo.engine.batch;

import java.util.Arrays;

/**
 * What a step costs by the number of its tokens, as far as it was measured: a large model reads its weights once for
 * all of them, a small one computes each.
 *
 * <p>Belongs to the engine thread.
 */
final class StepCost {
    /** Sizes that are measured are one, two, three to four, five to eight tokens and so on. */
    private static final int SIZES = 8;

    private static final double SMOOTHING = 0.2;

    /** What a token more is taken to cost, in steps of one, until it was measured: little enough to try it. */
    private static final double UNKNOWN = 0.05;

    private final double[] nanos = new double[SIZES];

    /** Learns from a step without prefill. */
    void observe(int tokens, long measured) {
        int size = size(tokens);
        nanos[size] = nanos[size] == 0 ? measured : nanos[size] + SMOOTHING * (measured - nanos[size]);
    }

    /** What a step of so many tokens costs, in steps of one token; 1 if nothing is known. */
    double of(int tokens) {
        int size = size(tokens);
        if (nanos[0] == 0 || size == 0) {
            return 1;
        }
        if (nanos[size] > 0) {
            return nanos[size] / nanos[0];
        }
        double below = Arrays.stream(nanos, 0, size).max().orElse(nanos[0]) / nanos[0];
        return Math.max(below, 1 + UNKNOWN * (tokens - 1));
    }

    private static int size(int tokens) {
        return Math.min(SIZES - 1, Integer.SIZE - Integer.numberOfLeadingZeros(tokens - 1));
    }
}
