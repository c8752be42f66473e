package dev.gufo.engine.worker;

import java.time.Duration;

/**
 * How long a worker may give no sign of life before it counts as hung, is killed and replaced.
 *
 * @param step longest silence of a worker, and of its engine's thread, idle or computing; zero to wait for ever. On a
 *     CPU each operation of a step is a sign; where layers are on a device, steps have more time: {@link #ofStep}
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

    /**
     * How long the engine's thread may stand still. On a device a step gives no sign before its end, and the driver may
     * compile code for a while in any step that is the first of its kind: minutes in the first one, where CUDA code is
     * translated for a GPU that the libraries have none for.
     *
     * @param device whether layers are on one
     * @param stepped whether a step has ended
     */
    Duration ofStep(boolean device, boolean stepped) {
        if (device) {
            return stepped ? firstStep : loading;
        }
        return stepped ? step : firstStep;
    }

    boolean isEndless() {
        return step.isZero();
    }
}
