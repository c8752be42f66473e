package dev.gufo.engine.worker;

import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.cores.CoreShares;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What tests of the worker ask for again and again. */
final class Toys {
    /** Much longer than anything takes; only a hang gets there. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Backoff QUICK =
            new Backoff(Duration.ofMillis(20), Duration.ofMillis(100), Duration.ofMinutes(1), 3);

    private Toys() {}

    /** Sixteen sequences, sixteen waiting, a step of half a millisecond. */
    static EngineSettings settings(String model) {
        return EngineSettings.of(Path.of(model), Path.of("natives"))
                .sequences(16)
                .gpuLayers(0)
                .threads(50)
                .stepTokens(2_048)
                .queueLength(16)
                .build();
    }

    static WorkerEngine start(String model, Path crashFolder) {
        return start(model, crashFolder, new CoreShares(1));
    }

    static WorkerEngine start(String model, Path crashFolder, CoreShares cores) {
        return start(model, crashFolder, cores, Patience.DEFAULT);
    }

    static WorkerEngine start(String model, Path crashFolder, Patience patience) {
        return start(model, crashFolder, new CoreShares(1), patience);
    }

    private static WorkerEngine start(String model, Path crashFolder, CoreShares cores, Patience patience) {
        WorkerOptions options = new WorkerOptions(
                List.of("-XX:TieredStopAtLevel=1"), QUICK, patience, crashFolder, crashFolder, Duration.ofSeconds(60));
        return WorkerEngine.start(settings(model), options, ToyWorkerMain.class.getName(), cores);
    }

    static WorkerEngine ready(Path crashFolder) {
        return ready(crashFolder, Patience.DEFAULT);
    }

    static WorkerEngine ready(Path crashFolder, Patience patience) {
        WorkerEngine engine = start(ToyEngine.FINE, crashFolder, patience);
        await().atMost(PATIENCE).until(() -> isReady(engine));
        return engine;
    }

    /** One of several that share cores, of which it uses fifty alone. */
    static WorkerEngine ready(Path crashFolder, CoreShares cores) {
        WorkerEngine engine = start(ToyEngine.FINE, crashFolder, cores);
        await().atMost(PATIENCE).until(() -> isReady(engine));
        return engine;
    }

    static boolean isReady(WorkerEngine engine) {
        return engine.status() instanceof EngineStatus.Ready;
    }

    static GenerationRequest request(int first, int maxTokens) {
        return GenerationRequest.of(new int[] {first, 1, 2}, maxTokens).build();
    }

    /** All that comes, up to and with the last event. */
    static List<GenerationEvent> all(Generation generation) throws InterruptedException {
        List<GenerationEvent> events = new ArrayList<>();
        do {
            events.add(one(generation));
        } while (!(events.getLast() instanceof GenerationEvent.Finished
                || events.getLast() instanceof GenerationEvent.Failed));
        return events;
    }

    static GenerationEvent one(Generation generation) throws InterruptedException {
        return generation.next(PATIENCE).orElseThrow();
    }

    /** SIGSTOP: a process that does nothing any more and has not ended. */
    static void stop(long pid) throws IOException, InterruptedException {
        signal("STOP", pid);
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("kill -%s %d failed".formatted(name, pid));
        }
    }

    /** An orphan that has ended is gone, also while the init process has not taken note of it. */
    static boolean isGone(long pid) {
        return ProcessHandle.of(pid).flatMap(p -> p.info().command()).isEmpty();
    }
}
