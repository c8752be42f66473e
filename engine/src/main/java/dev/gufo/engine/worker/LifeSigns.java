package dev.gufo.engine.worker;

import dev.gufo.engine.ModelInfo;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether a worker still lives, told from what it sends: frames of any kind from its I/O thread, the pulse of its
 * engine's thread, progress while it loads. Belongs to the supervisor's thread.
 *
 * <p>Silence is added up from look to look, and a look adds little: time in which this process did not run either,
 * since it was stopped or its machine was, says nothing about the other.
 */
final class LifeSigns {
    private static final Duration MOST_OF_A_LOOK = Duration.ofSeconds(1);

    /** A worker that closes goes on sending until it says that the model is closed. */
    private static final Duration CLOSING = Duration.ofSeconds(3);

    private final Patience patience;
    private final LongSupplier nanoTime;
    private long looked;
    private long pulse;
    private boolean loaded;
    private boolean device; // some layers are on one
    private boolean stepped;
    private boolean closed;

    // Nanoseconds since the last frame, the last change of the pulse, and the last progress of loading.
    private long silent;
    private long still;
    private long stuck;

    /** @param nanoTime {@link System#nanoTime} */
    LifeSigns(Patience patience, LongSupplier nanoTime) {
        this.patience = patience;
        this.nanoTime = nanoTime;
        looked = nanoTime.getAsLong();
    }

    /** Takes note of a frame. */
    void saw(Report report) {
        silent = 0;
        switch (report) {
            case Report.Beat(long now) -> {
                if (now != pulse) {
                    pulse = now;
                    still = 0;
                }
            }
            case Report.Progress _ -> stuck = 0;
            case Report.Loaded(ModelInfo model) -> {
                loaded = true;
                device = model.gpuLayers() > 0;
                still = 0;
            }
            case Report.Step _, Report.Vectors _ -> {
                stepped = true;
                still = 0;
            }
            case Report.Closed _ -> closed = true;
            case Report.Answer _, Report.Failed _, Report.Caches _, Report.Log _ -> {}
        }
    }

    /**
     * Looks at the time; to be called often.
     *
     * @param calls that wait for answers
     * @param closing whether the worker was told to end
     * @throws NotAnswering if it is hung
     */
    void look(WorkerClient calls, boolean closing) throws NotAnswering {
        long now = nanoTime.getAsLong();
        long passed = Math.min(now - looked, MOST_OF_A_LOOK.toNanos());
        looked = now;
        silent += passed;
        still += passed;
        stuck += passed;
        if (closing) {
            if (!closed) {
                require(silent, CLOSING, "it has sent nothing");
            }
        } else if (!patience.isEndless()) {
            require(silent, loaded ? patience.step() : patience.firstStep(), "it has sent nothing");
            if (loaded) {
                require(still, patience.ofStep(device, stepped), "its engine has not moved");
                calls.requireAnswers(passed, patience.calls());
            } else {
                require(stuck, patience.loading(), "loading has made no progress");
            }
        }
    }

    private static void require(long nanos, Duration most, String what) throws NotAnswering {
        if (nanos > most.toNanos()) {
            throw new NotAnswering("%s for %s".formatted(what, text(most)));
        }
    }

    static String text(Duration time) {
        return time.toSeconds() > 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
