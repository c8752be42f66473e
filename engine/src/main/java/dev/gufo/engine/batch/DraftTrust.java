package dev.gufo.engine.batch;

/**
 * How often a smaller model's guesses are what the larger one chooses, by how sure the smaller one was: neither is
 * right as often as it is sure, least of all at a high temperature.
 *
 * <p>Belongs to the engine thread.
 */
final class DraftTrust {
    private static final double SMOOTHING = 0.05;

    /** Where each kind but the first begins. */
    private static final double[] FROM = {0.3, 0.6, 0.8, 0.95};

    private final double[] right = {0.15, 0.4, 0.65, 0.8, 0.95};

    /** How likely a guess is right, if all before it were. */
    double of(double probability) {
        return right[kind(probability)];
    }

    /** Notes whether a guess, before which all were right, was right. */
    void observe(double probability, boolean wasRight) {
        int kind = kind(probability);
        right[kind] += SMOOTHING * ((wasRight ? 1 : 0) - right[kind]);
    }

    private static int kind(double probability) {
        int kind = 0;
        while (kind < FROM.length && probability >= FROM[kind]) {
            kind++;
        }
        return kind;
    }
}
