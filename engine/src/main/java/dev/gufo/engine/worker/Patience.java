package dev.gufo.engine.worker;

import java.time.Duration;

/**
 * How long a worker may give no sign of life before it counts as hung, is killed and replaced.
 *
 * @param step longest silence of a worker, and of its engine's thread, idle or computing; zero to wait for ever. On a
 *     CPU each operation of a step is a sign, on a GPU a whole step
 * @param firstStep the same of a worker that loads, and of its engine's thread up to the end of the first step: both
 *     may read weights from a disk, and compile a GPU's kernels
 * @param calls longest time in which no call of a kind is answered though some wait; they may be queued behind costly
 *     ones
 * @param loading longest time in which loading a model does not get on: a file on a slow disk takes its time
 */
public record Patience(Duration step, Duration firstStep, Duration calls, Duration loading) {
    private static final int SLOW = 12;

    public static final Patience DEFAULT = of(Duration.ofSeconds(10));

    public Patience {
        if (step.isNegative() || firstStep.isNegative() || calls.isNegative() || loading.isNegative()) {
            throw new IllegalArgumentException("worker-timeout must be 0 or more, is " + step);
        }
    }

    /** Two minutes for each ten seconds of a step, and a quarter of an hour to load. */
    public static Patience of(Duration step) {
        Duration slow = step.multipliedBy(SLOW);
        return new Patience(step, slow, slow, Duration.ofMinutes(15));
    }

    boolean isEndless() {
        return step.isZero();
    }
}
