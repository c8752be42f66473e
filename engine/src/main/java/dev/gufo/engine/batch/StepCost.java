package dev.gufo.engine.batch;

/**
 * What a step costs by the number of its tokens, as far as it was measured: a large model reads its weights once for
 * all of them, a small one computes each.
 *
 * <p>Belongs to the engine thread.
 */
final class StepCost {
    private static final int SIZES = 64; // longer steps count as the longest of these

    private static final double SMOOTHING = 0.2;

    /** What a token more is taken to cost, in steps of one, until it was measured: little enough to try it. */
    private static final double UNKNOWN = 0.05;

    private final double[] nanos = new double[SIZES + 1]; // by tokens; 0 where nothing was measured

    /** Learns from a step without prefill. */
    void observe(int tokens, long measured) {
        int size = Math.min(tokens, SIZES);
        nanos[size] = nanos[size] == 0 ? measured : nanos[size] + SMOOTHING * (measured - nanos[size]);
    }

    /** A time in steps of one token; 0 if nothing is known. */
    double steps(double time) {
        return nanos[1] == 0 ? 0 : time / nanos[1];
    }

    /**
     * What a step of so many tokens costs, in steps of one token, and no less than a shorter one; 1 if nothing is
     * known.
     */
    double of(int tokens) {
        int size = Math.min(tokens, SIZES);
        if (nanos[1] == 0 || size <= 1) {
            return 1;
        }
        int below = size;
        while (nanos[below] == 0) {
            below--;
        }
        int above = size;
        while (above <= SIZES && nanos[above] == 0) {
            above++;
        }
        double least = nanos[below] / nanos[1];
        if (above > SIZES) {
            return Math.max(1, least + UNKNOWN * (size - below));
        }
        double part = above == below ? 0 : (double) (size - below) / (above - below);
        return Math.max(1, least + part * (nanos[above] / nanos[1] - least));
    }
}
