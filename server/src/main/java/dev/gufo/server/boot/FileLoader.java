package dev.gufo.server.boot;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.Planner;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Loader;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Planned;
import dev.gufo.store.ModelContents;
import dev.gufo.store.StoredModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Loads the models that were named at the start, and those of the models folder. Any thread.
 *
 * <p>Of models that are to be loaded together at the start each plans with its part of the memory, by the size of its
 * file, so that the first does not take for a long context what the next one needs for its weights.
 */
public final class FileLoader implements Loader {
    static final String HOST = "CPU";

    private final List<StoredModel> first;
    private final Supplier<List<StoredModel>> stored;
    private final Function<StoredModel, EngineSettings> settings;
    private final EngineStarts starts;
    private final MemoryOfOthers memory;
    private final Set<String> inMainMemory;
    private final Map<String, Long> toStart =
            new ConcurrentHashMap<>(); // bytes of the first models that are not started yet

    private volatile String planning = ""; // what was planned last: its turn is over when another one is planned
    private final Map<String, Long> mappedBytes = new ConcurrentHashMap<>(); // weights in main memory as last planned
    private final Map<String, Read> planners =
            new ConcurrentHashMap<>(); // to read a file's vocabulary for each plan would take long

    /** A planner of what the files were when they were read. */
    private record Read(StoredModel model, Planner planner) {}

    /**
     * @param first loaded at the start
     * @param stored the models folder as it is now
     * @param settings as the operator asked for a model
     * @param memory tells what others have taken of the memory for models
     * @param inMainMemory names of the GPUs that have no memory of their own
     */
    public FileLoader(
            List<StoredModel> first,
            Supplier<List<StoredModel>> stored,
            Function<StoredModel, EngineSettings> settings,
            EngineStarts starts,
            MemoryOfOthers memory,
            Set<String> inMainMemory) {
        this.memory = memory;
        this.inMainMemory = Set.copyOf(inMainMemory);
        this.first = first;
        this.stored = stored;
        this.settings = settings;
        this.starts = starts;
        first.forEach(model -> toStart.put(model.id(), model.bytes()));
    }

    @Override
    public Planned plan(String id, Footprint free) {
        if (!planning.equals(id)) {
            toStart.remove(planning);
            planning = id;
        }
        StoredModel model = model(id);
        if (model.contents() instanceof ModelContents.Broken(String reason)) {
            throw new EngineException.Broken(reason);
        }
        Footprint real = free.minus(memory.takenByOthers());
        Planned part = plan(model, part(id, real));
        return part.fits() && !part.cramped() ? part : plan(model, real);
    }

    @Override
    public Planned preview(String id, Footprint free) {
        StoredModel model = model(id);
        if (model.contents() instanceof ModelContents.Broken(String reason)) {
            throw new EngineException.Broken(reason);
        }
        EngineSettings asked = settings.apply(model);
        return starts.planned(asked, compute(model, asked, free.minus(memory.takenByOthers())));
    }

    private StoredModel model(String id) {
        Optional<StoredModel> named = find(first, model -> model.id().equals(id));
        Predicate<StoredModel> meant = named.<Predicate<StoredModel>>map(
                        model -> other -> same(other.path(), model.path())) // as it is now, if it was replaced
                .orElse(other -> other.id().equals(id));
        return find(stored.get(), meant)
                .or(() -> named)
                .orElseThrow(() -> new EngineException.Broken("its file no longer exists"));
    }

    private static boolean same(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    private static Optional<StoredModel> find(List<StoredModel> models, Predicate<StoredModel> meant) {
        return models.stream().filter(meant).findFirst();
    }

    private Footprint part(String id, Footprint free) {
        Long own = toStart.get(id);
        if (own == null) {
            return free;
        }
        double part = own
                / (double) toStart.values().stream().mapToLong(Long::longValue).sum();
        var bytes = new TreeMap<String, Long>();
        free.bytes().forEach((device, all) -> bytes.put(device, (long) (all * part)));
        return new Footprint(bytes);
    }

    /** Begins to take account of what this pool's models were given. */
    void follow(ModelPool pool) {
        memory.follow(() -> {
            long mapped = pool.residencies().keySet().stream()
                    .mapToLong(id -> mappedBytes.getOrDefault(id, 0L))
                    .sum();
            // Weights in main memory are a file's pages, which the system counts as free.
            return pool.used().minus(new Footprint(Map.of(HOST, mapped)));
        });
    }

    private Planner planner(StoredModel model, EngineSettings asked) {
        Read read = planners.get(model.id());
        if (read == null || read.model() != model) {
            read = new Read(model, Planner.of(model, asked, List.of(), new DeviceMemory(HOST, 0)));
            planners.put(model.id(), read);
        }
        return read.planner();
    }

    private Planned plan(StoredModel model, Footprint free) {
        EngineSettings asked = settings.apply(model);
        MemoryPlan plan = compute(model, asked, free);
        plan.shares().stream()
                .filter(share -> share.device().equals(HOST))
                .forEach(share -> mappedBytes.put(model.id(), share.weightBytes()));
        return starts.planned(asked, plan);
    }

    private MemoryPlan compute(StoredModel model, EngineSettings asked, Footprint free) {
        List<DeviceMemory> gpus = free.bytes().keySet().stream()
                .filter(device -> !device.equals(HOST))
                .sorted()
                .map(device -> new DeviceMemory(device, free.on(device), inMainMemory.contains(device)))
                .toList();
        return planner(model, asked)
                .on(gpus, new DeviceMemory(HOST, free.on(HOST)))
                .plan(asked);
    }

    @Override
    public Engine start(String id, Planned plan) {
        return starts.start(plan.settings());
    }
}
