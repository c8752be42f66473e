package dev.gufo.server.cli;

import dev.gufo.engine.EngineKind;
import dev.gufo.engine.worker.Patience;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What computes the models: options of {@code gufo serve}, filled by picocli. */
final class EngineOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";
    private static final Duration LEAST_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MOST_TIMEOUT = Duration.ofHours(1);

    @Option(
            names = "--engine",
            paramLabel = "llamacpp|jllama",
            defaultValue = "llamacpp",
            description = "What runs the models" + DEFAULT)
    String engine = "";

    @Option(
            names = "--workers",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Run each model in a process of its own, so that its crash is not the server's" + DEFAULT)
    boolean workers;

    @Option(
            names = "--worker-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            converter = Converters.Time.class,
            description =
                    "After this much silence a model's process counts as hung, and is killed and started again: 1s to 1h, 0 to wait for"
                            + " ever" + DEFAULT)
    Duration workerTimeout = Duration.ZERO;

    @Option(
            names = "--natives",
            paramLabel = "DIR",
            description = "Folder of the llama.cpp libraries (default: natives beside the program).")
    Path natives;

    /** @throws UsageException if there is no such engine */
    EngineKind kind() {
        return EngineKind.of(engine)
                .orElseThrow(() -> new UsageException("--engine must be llamacpp or jllama, is " + engine));
    }

    /** The second engine gives no memory back but with its process. */
    boolean canUnload() {
        return kind() != EngineKind.JLLAMA || workers;
    }

    /** @throws UsageException if that is no time to wait for */
    Patience patience() {
        boolean valid = workerTimeout.isZero()
                || (workerTimeout.compareTo(LEAST_TIMEOUT) >= 0 && workerTimeout.compareTo(MOST_TIMEOUT) <= 0);
        if (!valid) {
            throw new UsageException("--worker-timeout must be 0 or 1s to 1h, is " + workerTimeout.toMillis() + "ms");
        }
        return Patience.of(workerTimeout);
    }

    /** Where its libraries are. */
    Path folder() {
        return ServeCommand.folder(natives, "natives");
    }
}
