package dev.gufo.server.cli;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.worker.Backoff;
import dev.gufo.engine.worker.LocalEngines;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.engine.worker.WorkerOptions;
import dev.gufo.store.StoredModel;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The engines of a server process, from their start to their end, and what the operator sees of their loading. Main thread only.
 *
 * <p>Workers are begun at once, since they load while this process makes itself ready; what is in the files is checked then.
 */
final class EngineRoom implements AutoCloseable {
    /** What a worker gets to end by itself: more than it needs, unless its JVM is writing a class cache. */
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(20);

    private static final int REPORTED_STEP = 10; // percent

    private final List<StoredModel> models;
    private final List<Engine> engines = new ArrayList<>();
    private final Map<String, Integer> reported = new HashMap<>();
    private final PrintStream out;

    private EngineRoom(List<StoredModel> models, PrintStream out) {
        this.models = models;
        this.out = out;
    }

    /**
     * Starts an engine for each model; in workers they go on loading, in this process they are loaded when this returns.
     *
     * @param settings one for each model, in the same order
     * @param dataDir takes the reports of crashes
     * @throws StartFailed if a model can't be served; nothing is left running then
     */
    static EngineRoom open(
            EngineKind kind,
            List<StoredModel> models,
            List<EngineSettings> settings,
            boolean workers,
            Path dataDir,
            PrintStream out) {
        var room = new EngineRoom(models, out);
        try {
            if (workers) {
                for (EngineSettings each : settings) {
                    room.engines.add(WorkerEngine.start(each, workerOptions(dataDir, room.engines.isEmpty()), kind));
                }
                ChosenModels.check(models);
            } else {
                ChosenModels.check(models);
                for (int i = 0; i < models.size(); i++) {
                    room.engines.add(room.load(kind, models.get(i).id(), settings.get(i)));
                }
            }
        } catch (StartFailed e) {
            room.close();
            throw e;
        }
        return room;
    }

    private Engine load(EngineKind kind, String id, EngineSettings settings) {
        try {
            return LocalEngines.open(kind, settings, percent -> report(id, percent));
        } catch (EngineException.Broken e) {
            throw new StartFailed("%s can't be loaded: %s".formatted(id, e.getMessage()));
        }
    }

    /** @param first whether it is the first worker: only one may write a class cache */
    private static WorkerOptions workerOptions(Path dataDir, boolean first) {
        String added = System.getProperty("gufo.worker.options", "");
        boolean leftOut = added.isEmpty() || (!first && added.contains("AOTCacheOutput"));
        List<String> javaOptions = leftOut ? List.of() : List.of("-Xlog:aot=off", "-Xlog:cds=off", added);
        return new WorkerOptions(javaOptions, Backoff.DEFAULT, dataDir, CLOSE_GRACE);
    }

    List<StoredModel> models() {
        return models;
    }

    /** One for each model, in the same order. */
    List<Engine> engines() {
        return engines;
    }

    /**
     * Tells the operator how far loading is.
     *
     * @return true if every model is loaded
     * @throws StartFailed if one can't be
     */
    boolean loaded() {
        boolean all = true;
        for (int i = 0; i < models.size(); i++) {
            String id = models.get(i).id();
            switch (engines.get(i).status()) {
                case EngineStatus.Loading(int percent) -> {
                    report(id, percent);
                    all = false;
                }
                case EngineStatus.Restarting _ -> all = false;
                case EngineStatus.Failed(String reason) ->
                    throw new StartFailed("%s can't be loaded: %s".formatted(id, reason));
                case EngineStatus.Ready _ -> report(id, 100);
                case EngineStatus.Closed _ -> throw new AssertionError("closed while it was loaded: " + id);
            }
        }
        return all;
    }

    /** What was loaded, a few lines for each model. */
    String summary() {
        return IntStream.range(0, models.size())
                .mapToObj(i ->
                        Announcement.summary(models.get(i).id(), engines.get(i).model()))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    /** Lines rather than a moving bar: they are read in a service's journal as well. */
    private synchronized void report(String id, int percent) {
        int last = reported.getOrDefault(id, -REPORTED_STEP);
        if (percent >= last + REPORTED_STEP || (percent == 100 && last < 100)) {
            reported.put(id, percent);
            out.printf("Loading %s: %d %%%n", id, percent);
        }
    }

    /** Ends the engines and waits until their processes are gone. */
    @Override
    public void close() {
        engines.forEach(Engine::close);
    }
}
