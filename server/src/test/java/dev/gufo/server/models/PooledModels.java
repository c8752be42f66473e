package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Loader;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Planned;
import dev.gufo.server.ScriptedEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A pool of scripted engines: {@code owl} and {@code hawk} take 60 of 100 bytes each, {@code wren} and {@code finch}
 * 20, {@code emu} 200.
 */
final class PooledModels implements Loader, AutoCloseable {
    private static final Map<String, Long> SIZES =
            Map.of("owl", 60L, "hawk", 60L, "wren", 20L, "finch", 20L, "emu", 200L);

    final Map<String, ScriptedEngine> engines = new ConcurrentHashMap<>();
    final ModelPool pool;

    PooledModels(Duration keepAlive) {
        ModelPool.Settings defaults = ModelPool.Settings.DEFAULT;
        pool = new ModelPool(
                new ModelPool.Settings(keepAlive, Duration.ZERO, defaults.retryAfterFailure(), _ -> false),
                new Footprint(Map.of("CPU", 100L)),
                this,
                InstantSource.system());
    }

    /** Serves all of them, and {@code bird}, which is the owl with these parameters and this template. */
    ServedModels served(ObjectNode parameters, String template) {
        Stream<ServedModel> files =
                SIZES.keySet().stream().sorted().map(id -> model(id, id, Profile.of(Optional.empty())));
        var profile = new Profile(Optional.of(template), parameters, false);
        return new ServedModels(
                Stream.concat(files, Stream.of(model("bird", "owl", profile))).toList());
    }

    private ServedModel model(String id, String file, Profile profile) {
        return new ServedModel(
                id, new Residence.Pooled(pool, file), profile, Optional.empty(), Instant.ofEpochSecond(1));
    }

    private final Set<String> quick = ConcurrentHashMap.newKeySet();

    /** Lets a model's loading end, this time and from now on. */
    void ready(String id) {
        quick.add(id);
        engine(id).status(new EngineStatus.Ready(0, 0));
    }

    ScriptedEngine engine(String id) {
        return engines.compute(
                id,
                (_, known) -> known == null || known.status() instanceof EngineStatus.Closed
                        ? new ScriptedEngine().answering("I am " + id).status(new EngineStatus.Loading(40))
                        : known);
    }

    @Override
    public Planned plan(String id, Footprint free) {
        var footprint = new Footprint(Map.of("CPU", SIZES.get(id)));
        var settings = EngineSettings.of(Path.of(id), Path.of("natives"))
                .sequences(1)
                .gpuLayers(0)
                .queueLength(0)
                .build();
        boolean fits = footprint.fitsIn(free);
        return new Planned(
                settings, footprint, fits, false, fits ? "" : "it needs %d bytes".formatted(footprint.total()));
    }

    @Override
    public Engine start(String id, Planned plan) {
        if (id.equals("wren")) {
            throw new EngineException.Broken("its file has a hole");
        }
        if (id.equals("finch")) {
            String words = "llama_model_load: can't open /srv/models/finch.gguf";
            throw new EngineException.Broken(words, new IllegalStateException(words));
        }
        EngineStatus begun = quick.contains(id) ? new EngineStatus.Ready(0, 0) : new EngineStatus.Loading(40);
        return engine(id).status(begun);
    }

    List<String> loaded() {
        return pool.residencies().keySet().stream().sorted().toList();
    }

    @Override
    public void close() {
        pool.close();
    }
}
