package dev.gufo.server.boot;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.engine.cores.CoreShares;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.jllama.JllamaEngine;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.ProcessMemory;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Planned;
import dev.gufo.engine.worker.Backoff;
import dev.gufo.engine.worker.Patience;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.engine.worker.WorkerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** How engines are started: each in a process of its own, or all in this one. Any thread. */
public final class EngineStarts {
    /** What a worker gets to end by itself: more than it needs, unless its JVM is writing a class cache. */
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(20);

    private final EngineKind kind;
    private final boolean workers;
    private final Patience patience;
    private final Path dataDir;
    private final Path temporary;
    private final AtomicBoolean any = new AtomicBoolean();
    private final CoreShares cores = new CoreShares(Cores.ofThisProcess().threads());

    /**
     * @param kind what runs the models
     * @param workers whether each gets a process
     * @param patience with silent ones
     * @param dataDir takes the reports of crashes
     * @param temporary takes their temporary files
     */
    public EngineStarts(EngineKind kind, boolean workers, Patience patience, Path dataDir, Path temporary) {
        this.kind = kind;
        this.workers = workers;
        this.patience = patience;
        this.dataDir = dataDir;
        this.temporary = temporary;
    }

    /**
     * Begins to load a model; in this process it is loaded when this returns.
     *
     * @throws dev.gufo.engine.EngineException.Broken if it can't be loaded in this process
     */
    Engine start(EngineSettings settings) {
        return workers
                ? WorkerEngine.start(settings, options(any.compareAndSet(false, true)), kind, cores)
                : open(settings);
    }

    private Engine open(EngineSettings settings) {
        return switch (kind) {
            case LLAMACPP -> LocalEngine.open(settings, cores, _ -> {});
            case JLLAMA -> JllamaEngine.open(settings, _ -> {});
        };
    }

    /** What a model is started with, and what it will take. */
    Planned planned(EngineSettings asked, MemoryPlan plan) {
        if (kind == EngineKind.JLLAMA && asked.gpuLayers() != 0 && JllamaEngine.hasOwnLibrary(asked.natives())) {
            // A library for GPUs that tells nothing of their memory: it sizes itself, and main memory holds its
            // process.
            return new Planned(asked, new Footprint(Map.of(FileLoader.HOST, ProcessMemory.BYTES)), true, false, "");
        }
        var bytes = new TreeMap<String, Long>();
        plan.shares().forEach(share -> bytes.put(share.device(), share.totalBytes()));
        return new Planned(
                plan.applyTo(asked),
                new Footprint(bytes),
                plan.fits(),
                plan.cramped(),
                plan.fits() ? "" : plan.refusal());
    }

    /** @param first whether it is the first worker: only one may write a class cache */
    private WorkerOptions options(boolean first) {
        String added = System.getProperty("gufo.worker.options", "");
        boolean leftOut = added.isEmpty() || (!first && added.contains("AOTCacheOutput"));
        List<String> javaOptions = leftOut ? List.of() : List.of("-Xlog:aot=off", "-Xlog:cds=off", added);
        return new WorkerOptions(javaOptions, Backoff.DEFAULT, patience, dataDir, temporary, CLOSE_GRACE);
    }
}
