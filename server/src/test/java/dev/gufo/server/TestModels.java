package dev.gufo.server;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Loader;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Planned;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import dev.gufo.server.models.Profile;
import dev.gufo.server.models.Residence;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.template.Rendering;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Engines of tests as a server has them: in a pool, pinned. They are not closed with it. */
public final class TestModels implements Loader, AutoCloseable {
    private static final String DEVICE = "CPU";

    private final List<TestModel> models;
    private final Map<String, Engine> engines;
    private final ModelPool pool;

    /** Loads all of them; one whose engine is not ready yet goes on loading. */
    public TestModels(TestModel... models) {
        this.models = List.of(models);
        engines = this.models.stream().collect(Collectors.toMap(TestModel::id, TestModel::engine));
        pool = new ModelPool(
                new ModelPool.Settings(Duration.ZERO, Duration.ofSeconds(10), Duration.ZERO, _ -> true),
                new Footprint(Map.of(DEVICE, (long) models.length)),
                this,
                InstantSource.system());
        engines.keySet().forEach(this::load);
    }

    /** All of them, the first one the default. */
    public ServedModels served() {
        return new ServedModels(all());
    }

    /** Each of them, in their order. */
    public List<ServedModel> all() {
        return models.stream()
                .map(model -> new ServedModel(
                        model.id(),
                        new Residence(pool, model.id()),
                        Profile.of(model.chatTemplate()),
                        Optional.empty(),
                        model.created()))
                .toList();
    }

    private void load(String id) {
        var news = new WakeUp();
        try (Subscription _ = pool.onChange(news::wake);
                Ticket _ = pool.request(id)) {
            while (!isBegun(id)) {
                news.await();
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a test", e);
        }
    }

    private boolean isBegun(String id) {
        return switch (pool.residency(id)) {
            case Residency.Loaded _, Residency.Failed _ -> true;
            case Residency.Loading _ ->
                pool.engine(id)
                        .filter(engine -> !(engine.status() instanceof EngineStatus.Ready))
                        .isPresent();
            case Residency.Waiting _, Residency.Unloaded _, Residency.Unloading _ -> false;
        };
    }

    @Override
    public Planned plan(String id, Footprint free) {
        var settings = EngineSettings.of(Path.of(id), Path.of("natives")).build();
        return new Planned(settings, new Footprint(Map.of(DEVICE, 1L)), true, false, "");
    }

    @Override
    public Engine start(String id, Planned plan) {
        return new Lent(engines.get(id));
    }

    @Override
    public void close() {
        pool.close();
    }

    /** Everything but its end. */
    private record Lent(Engine engine) implements Engine {
        @Override
        public EngineStatus status() {
            return engine.status();
        }

        @Override
        public Subscription onStatus(StatusListener listener) {
            return engine.onStatus(listener);
        }

        @Override
        public ModelInfo model() {
            return engine.model();
        }

        @Override
        public List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
            return engine.tokenize(texts, framing, owner, most);
        }

        @Override
        public byte[][] pieces(int[] tokens) {
            return engine.pieces(tokens);
        }

        @Override
        public Generation generate(GenerationRequest request) {
            return engine.generate(request);
        }

        @Override
        public Embeddings embed(EmbeddingRequest request) {
            return engine.embed(request);
        }

        @Override
        public CacheUse caches() {
            return engine.caches();
        }

        @Override
        public void close() {
            // by the test
        }
    }
}
