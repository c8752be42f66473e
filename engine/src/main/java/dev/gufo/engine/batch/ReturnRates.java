package dev.gufo.engine.batch;

import java.util.Arrays;

/**
 * How likely a state that is evicted is asked for again: what its slot guesses by its uses, corrected by how often
 * states of about its length came back so far. Clients that send each prompt once teach it that nothing comes back.
 *
 * <p>Belongs to the engine thread.
 */
final class ReturnRates {
    /** As many evictions, which went as guessed, it starts from. */
    private static final double START = 4;

    /** What an eviction counts when another one of that length has come. */
    private static final double MEMORY = 0.98;

    /** Lengths are counted together up to 64, 256, 1,024, 4,096, 16,384 tokens, and above. */
    private static final int LENGTHS = 6;

    private final double[] guessed = new double[LENGTHS];
    private final double[] returned = new double[LENGTHS];

    ReturnRates() {
        Arrays.fill(guessed, START);
        Arrays.fill(returned, START);
    }

    /**
     * Notes that a state is evicted, whether it is kept somewhere or not.
     *
     * @param chance guess that it is asked for again, 0 to 1
     * @return the corrected one
     */
    double evicted(double chance, int tokens) {
        int length = length(tokens);
        double odds = returned[length] / guessed[length] * chance / Math.max(1e-9, 1 - chance);
        guessed[length] = MEMORY * guessed[length] + chance;
        returned[length] *= MEMORY;
        return odds / (1 + odds);
    }

    /** Notes that a prompt asked for a state that had been evicted, whether it was there or not. */
    void returned(int tokens) {
        returned[length(tokens)]++;
    }

    private static int length(int tokens) {
        int length = 0;
        for (int most = 64; tokens > most && length < LENGTHS - 1; most *= 4) {
            length++;
        }
        return length;
    }
}
