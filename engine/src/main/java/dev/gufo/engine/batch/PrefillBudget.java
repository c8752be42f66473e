package dev.gufo.engine.batch;

import java.time.Duration;
import java.util.Optional;

/**
 * How many prompt tokens may join a step in which others are generating, so that one long prompt never freezes their
 * streams: as many as fit the target gap between two tokens at the speed measured so far.
 *
 * <p>A step in which a device's driver compiled code looks hundreds of times slower than the next one. It makes chunks
 * small until then, and is forgotten by the first step that shows it up.
 *
 * <p>Belongs to the engine thread.
 */
final class PrefillBudget {
    private static final int LEAST = 16;
    private static final double SMOOTHING = 0.3;

    /** Of the target gap, that a step may take for prompts which can wait. */
    private static final double PREEMPTIBLE_SHARE = 1.0 / 8;

    /** What was measured so many times slower than now had another reason than the prompt's tokens. */
    private static final double OUTLIER = 4;

    private final double targetNanos;
    private final int stepTokens;
    private double nanosPerToken;

    /**
     * @param targetGap longest wanted time of a step in which sequences generate
     * @param stepTokens tokens that a step holds
     */
    PrefillBudget(Duration targetGap, int stepTokens) {
        this.targetNanos = targetGap.toNanos();
        this.stepTokens = stepTokens;
    }

    /**
     * Prompt tokens that the next step may take.
     *
     * @param generating sequences that wait for their next token
     */
    int tokens(int generating) {
        if (generating == 0) {
            return stepTokens;
        }
        if (nanosPerToken == 0) {
            return Math.min(stepTokens, 8 * LEAST);
        }
        return (int) Math.clamp(targetNanos / nanosPerToken, Math.min(LEAST, stepTokens), stepTokens);
    }

    /**
     * Prompt tokens of preemptible sequences that the next step may take: few enough for it to be over soon, whether
     * somebody streams or not, since a request that comes meanwhile waits for its end.
     */
    int preemptibleTokens() {
        int most = nanosPerToken == 0 ? 8 * LEAST : (int) (PREEMPTIBLE_SHARE * targetNanos / nanosPerToken);
        return Math.clamp(most, Math.min(4 * LEAST, stepTokens), stepTokens);
    }

    /** What so many tokens of a prompt are expected to take; empty if no prompt was measured. */
    Optional<Long> nanos(int tokens) {
        return nanosPerToken == 0 ? Optional.empty() : Optional.of((long) (nanosPerToken * tokens));
    }

    /** Longest wanted time of a step in which sequences generate. */
    Duration targetGap() {
        return Duration.ofNanos((long) targetNanos);
    }

    /** Learns from a step that was mostly prefill. */
    void observe(int prefilled, int stepSize, long nanos) {
        if (prefilled >= LEAST && 2 * prefilled >= stepSize) {
            double measured = (double) nanos / stepSize;
            boolean first = nanosPerToken == 0 || nanosPerToken > OUTLIER * measured;
            nanosPerToken = first ? measured : nanosPerToken + SMOOTHING * (measured - nanosPerToken);
        }
    }
}
