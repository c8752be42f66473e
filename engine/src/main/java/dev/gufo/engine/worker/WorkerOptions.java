package dev.gufo.engine.worker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How worker processes are run.
 *
 * @param javaOptions put behind the worker's own JVM options, so that they win
 * @param backoff how patiently a dead worker is started again
 * @param patience when a silent worker counts as dead
 * @param crashFolder where the JVM leaves its report when native code crashes; existing and writable
 * @param tempFolder takes sockets and what libraries unpack; existing and writable
 * @param closeGrace how long {@link WorkerEngine#close} waits for the worker to end by itself
 */
public record WorkerOptions(
        List<String> javaOptions,
        Backoff backoff,
        Patience patience,
        Path crashFolder,
        Path tempFolder,
        Duration closeGrace) {
    public WorkerOptions {
        javaOptions = List.copyOf(javaOptions);
    }

    /**
     * No further JVM options, the usual back-off and patience, the system's folder for temporary files, five seconds to
     * end.
     */
    public static WorkerOptions defaults(Path crashFolder) {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        return new WorkerOptions(
                List.of(), Backoff.DEFAULT, Patience.DEFAULT, crashFolder, temporary, Duration.ofSeconds(5));
    }
}
