package dev.gufo.engine.jllama;

import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.engine.worker.WorkerOptions;
import java.nio.file.Path;
import java.time.Duration;

/** Workers with the second engine. */
final class JllamaWorkers {
    private JllamaWorkers() {}

    static WorkerEngine start(EngineSettings settings, Path crashFolder) {
        return WorkerEngine.start(settings, WorkerOptions.defaults(crashFolder), EngineKind.JLLAMA);
    }

    /** One that has loaded its model. */
    static WorkerEngine ready(EngineSettings settings, Path crashFolder) {
        WorkerEngine engine = start(settings, crashFolder);
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            if (engine.status() instanceof EngineStatus.Failed(String reason)) {
                throw new AssertionError(reason);
            }
            return engine.status() instanceof EngineStatus.Ready;
        });
        return engine;
    }
}
