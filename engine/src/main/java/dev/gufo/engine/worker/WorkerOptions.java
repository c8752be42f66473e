package dev.gufo.engine.worker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How worker processes are run.
 *
 * @param javaOptions put behind the worker's own JVM options, so that they win
 * @param backoff how patiently a dead worker is started again
 * @param crashFolder where the JVM leaves its report when native code crashes; existing and writable
 * @param closeGrace how long {@link WorkerEngine#close} waits for the worker to end by itself
 */
public record WorkerOptions(List<String> javaOptions, Backoff backoff, Path crashFolder, Duration closeGrace) {
    public WorkerOptions {
        javaOptions = List.copyOf(javaOptions);
    }

    /** No further JVM options, the usual back-off, five seconds to end. */
    public static WorkerOptions defaults(Path crashFolder) {
        return new WorkerOptions(List.of(), Backoff.DEFAULT, crashFolder, Duration.ofSeconds(5));
    }
}
