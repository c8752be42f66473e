package dev.gufo.engine.plan;

import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.EmbeddingLimits;
import dev.gufo.gguf.AdapterFile;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.MemoryShape;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chooses what the operator left open, so that it fits: sequences first, with {@value #GOOD_CONTEXT} tokens each (or as
 * many as the model was trained with); then layers on GPUs, all of them or as many as fit; then the longest context.
 *
 * <p>Inputs that shall become vectors are {@value #GOOD_CONTEXT} tokens long at most unless a length is asked for: what
 * is computed at once may grow with its square.
 *
 * @param shape the model
 * @param trainedTokens context of the training
 * @param role what the model was made for
 * @param whole whether it must see all of an input at once
 * @param adapters that are loaded with it; their bytes are in the shape
 * @param draft a small model that is loaded with it and guesses its tokens
 * @param mtp its own layer that guesses them, if that is loaded
 * @param gpus in llama.cpp's order; empty to compute on the CPU
 * @param host main memory
 */
public record Planner(
        MemoryShape shape,
        int trainedTokens,
        ModelRole role,
        boolean whole,
        List<AdapterFile> adapters,
        Optional<DraftFile> draft,
        Optional<MtpLayer> mtp,
        List<DeviceMemory> gpus,
        DeviceMemory host) {
    /** What a context should have before anything else grows. */
    static final int GOOD_CONTEXT = 8_192;

    private static final int MOST_SEQUENCES = 32; // of a choice; more may be asked for

    /** Computed prompts get one part of so many of what is left of main memory, unless the operator says otherwise. */
    private static final int CACHE_PART = 8;

    private static final long MOST_CACHE_BYTES = 8L << 30;

    /** Share of the host's free memory that a choice may take: others live there too. */
    private static final double HOST_SHARE = 0.75;

    public Planner {
        adapters = List.copyOf(adapters);
        gpus = List.copyOf(gpus);
    }

    /** For a model for chat. */
    public Planner(MemoryShape shape, int trainedTokens, List<DeviceMemory> gpus, DeviceMemory host) {
        this(shape, trainedTokens, ModelRole.CHAT, false, List.of(), Optional.empty(), Optional.empty(), gpus, host);
    }

    /**
     * For a stored model; reads its files' headers, and those of its adapters, and checks everything in them that could
     * end llama.cpp's process.
     *
     * @param settings name the adapters
     * @param gpus in llama.cpp's order; empty to compute on the CPU
     * @throws EngineException.Broken if they can't be loaded, with the reason in one line
     */
    public static Planner of(StoredModel stored, EngineSettings settings, List<DeviceMemory> gpus, DeviceMemory host) {
        return of(ModelFile.read(stored), settings, gpus, host);
    }

    /** The same for files that were read before. */
    public static Planner of(ModelFile file, EngineSettings settings, List<DeviceMemory> gpus, DeviceMemory host) {
        GgufModel model = file.model();
        ModelRole role = ModelRole.of(model);
        if (role != ModelRole.CHAT && !settings.adapters().isEmpty()) {
            throw new EngineException.Broken("LoRA adapters are for models that generate text");
        }
        try {
            List<AdapterFile> adapters = adapters(settings, file.shards());
            MemoryShape shape = MemoryShape.of(file.shards())
                    .withAdapters(
                            adapters.stream().mapToLong(AdapterFile::bytes).sum());
            Optional<DraftFile> draft = settings.draftModel()
                    .filter(_ ->
                            role == ModelRole.CHAT && settings.speculation().asksModel())
                    .map(DraftFile::read);
            Optional<MtpLayer> mtp = role == ModelRole.CHAT && draft.isEmpty()
                    ? MtpLayer.of(file.shards(), shape, settings)
                    : Optional.empty();
            return new Planner(shape, model.contextLength(), role, model.seesWhole(), adapters, draft, mtp, gpus, host);
        } catch (IOException e) {
            throw ModelFile.unreadable(e);
        }
    }

    private static List<AdapterFile> adapters(EngineSettings settings, List<GgufFile> shards) throws IOException {
        return AdapterFile.readAll(
                settings.adapters().stream().map(AdapterSource::file).toList(), shards);
    }

    /** For the same model on other devices, or with other memory free. */
    public Planner on(List<DeviceMemory> otherGpus, DeviceMemory otherHost) {
        return new Planner(shape, trainedTokens, role, whole, adapters, draft, mtp, otherGpus, otherHost);
    }

    /** The same without its own guesses. */
    public Planner withoutMtp() {
        return new Planner(shape, trainedTokens, role, whole, adapters, draft, Optional.empty(), gpus, host);
    }

    /** Whether its own layer that guesses is loaded. */
    public boolean hasMtp() {
        return mtp.isPresent();
    }

    /**
     * A plan with nothing left open; it need not fit.
     *
     * @throws EngineException.Broken if the cache's type does not suit the model
     */
    public MemoryPlan plan(EngineSettings settings) {
        requireSuitableTypes(settings);
        int sequences = sequences(settings);
        int floor = floor(settings);
        int layers = layers(settings, floor, sequences);
        int context = settings.contextTokens() != 0
                ? settings.contextTokens()
                : tokens(most(
                                1,
                                Math.ceilDiv(longest(), Demand.CELL_STEP),
                                steps -> isRoomy(at(settings, tokens(steps), sequences, layers)))
                        .orElse(1));
        MemoryPlan plan = at(settings, context, sequences, layers);
        return settings.cacheBytes() == EngineSettings.CACHE_AUTO && role == ModelRole.CHAT
                ? plan.withCache(cacheBytes(plan.shares().getLast()))
                : plan;
    }

    /** A part of what is left of main memory. */
    private static long cacheBytes(MemoryPlan.Share host) {
        double left = host.freeBytes() * HOST_SHARE - host.totalBytes();
        return (long) Math.clamp(left / CACHE_PART, 0, MOST_CACHE_BYTES);
    }

    /** A plan of exactly this size. */
    MemoryPlan at(EngineSettings settings, int contextTokens, int sequences, int gpuLayers) {
        Demand demand =
                role == ModelRole.CHAT ? text(settings, contextTokens, sequences) : vectors(settings, contextTokens);
        Optional<Demand> second =
                role == ModelRole.CHAT && settings.embeddings().wanted()
                        ? Optional.of(vectors(settings, contextTokens))
                        : Optional.empty();
        var placement = new Placement(shape.withoutMtp(), gpus, host);
        int onGpus = placement.onGpus(settings.compute(), gpuLayers);
        boolean slow =
                !gpus.isEmpty() && settings.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO && onGpus < allLayers();
        boolean brief = settings.contextTokens() == 0 && contextTokens < floor(settings);
        return new MemoryPlan(
                        demand,
                        second,
                        onGpus,
                        shape.layers().size(),
                        shape.slidingWindow(),
                        slow || brief,
                        withGuests(
                                placement.shares(
                                        Stream.concat(Stream.of(demand), second.stream())
                                                .toList(),
                                        gpuLayers),
                                settings,
                                contextTokens,
                                gpuLayers))
                .withCache(role == ModelRole.CHAT ? Math.max(0, settings.cacheBytes()) : 0);
    }

    /**
     * With what guesses tokens: a small model, or the model's own layer. A small model is on the GPUs as a whole if the
     * large one is there at all: it pays only where it is quick.
     */
    private List<MemoryPlan.Share> withGuests(
            List<MemoryPlan.Share> large, EngineSettings settings, int contextTokens, int gpuLayers) {
        if (draft.isPresent()) {
            DraftFile small = draft.get();
            return joined(
                    large,
                    new Placement(small.shape(), gpus, host)
                            .guestShares(
                                    List.of(small.demand(settings, contextTokens)),
                                    large.size() > 1 ? small.allLayers() : 0));
        }
        if (mtp.isPresent()) {
            MtpLayer layer = mtp.get();
            List<MemoryPlan.Share> guests = new ArrayList<>(new Placement(layer.shape(), gpus, host)
                    .guestShares(List.of(layer.demand(settings, contextTokens)), gpuLayers));
            guests.add(guests.removeLast().withCompute(layer.rowBytes(settings)));
            return joined(large, guests);
        }
        return large;
    }

    private static List<MemoryPlan.Share> joined(List<MemoryPlan.Share> large, List<MemoryPlan.Share> guests) {
        return IntStream.range(0, large.size())
                .mapToObj(i -> large.get(i).with(guests.get(i)))
                .toList();
    }

    private Demand text(EngineSettings settings, int contextTokens, int sequences) {
        StepShape step = StepShape.of(settings);
        ComputeSettings compute = settings.withSwaDecided().compute();
        return new Demand(
                contextTokens,
                sequences,
                false,
                step.computedTokens(),
                step.outputs(sequences),
                shape.hasWindow() ? compute : compute.withKv(SwaFull.ON));
    }

    /** Positions beyond the training's may not even exist in the file. */
    private Demand vectors(EngineSettings settings, int contextTokens) {
        int most = settings.contextTokens() != 0 ? trainedTokens : Math.min(trainedTokens, GOOD_CONTEXT);
        var limits = new EmbeddingLimits(Math.min(contextTokens, most), settings.stepTokens(), whole, 1);
        return Demand.ofVectors(limits, settings.compute());
    }

    private int tokens(int steps) {
        return (int) Math.min(longest(), (long) steps * Demand.CELL_STEP);
    }

    /** The longest context that is chosen. */
    private int longest() {
        return role == ModelRole.CHAT ? trainedTokens : Math.min(trainedTokens, GOOD_CONTEXT);
    }

    private int floor(EngineSettings settings) {
        return settings.contextTokens() != 0 ? settings.contextTokens() : Math.min(trainedTokens, GOOD_CONTEXT);
    }

    private int sequences(EngineSettings settings) {
        if (settings.sequences() != EngineSettings.SEQUENCES_AUTO) {
            return settings.sequences();
        }
        int wanted = settings.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO ? allLayers() : settings.gpuLayers();
        return most(
                        1,
                        Math.min(MOST_SEQUENCES, settings.stepTokens()),
                        sequences -> isRoomy(at(settings, floor(settings), sequences, wanted)))
                .orElse(1);
    }

    private int layers(EngineSettings settings, int floor, int sequences) {
        if (gpus.isEmpty()) {
            return 0;
        }
        if (settings.gpuLayers() != EngineSettings.GPU_LAYERS_AUTO) {
            return settings.gpuLayers() >= shape.layers().size() ? allLayers() : settings.gpuLayers();
        }
        int atLeast = settings.contextTokens() == 0 ? Math.min(floor, Demand.CELL_STEP) : floor;
        IntPredicate well = layers -> at(settings, floor, sequences, layers).fits();
        IntPredicate barely = layers -> at(settings, atLeast, sequences, layers).fits();
        return most(0, allLayers(), well).or(() -> most(0, allLayers(), barely)).orElse(0);
    }

    /**
     * The largest number that holds, tried from above: a plan need not get smaller with every layer less on several
     * GPUs.
     */
    private static Optional<Integer> most(int from, int to, IntPredicate holds) {
        return IntStream.iterate(to, number -> number >= from, number -> number - 1)
                .filter(holds)
                .boxed()
                .findFirst();
    }

    private void requireSuitableTypes(EngineSettings settings) {
        if (role != ModelRole.CHAT) {
            return; // their cache is not the operator's to choose
        }
        for (KvType type : List.of(settings.compute().keys(), settings.compute().values())) {
            if (shape.headLength() % type.ggmlType().blockElements() != 0) {
                throw new EngineException.Broken(
                        "--kv-type %s needs heads of whole blocks of %d numbers, this model's have %d: use f16"
                                .formatted(
                                        type.name().toLowerCase(Locale.ROOT),
                                        type.ggmlType().blockElements(),
                                        shape.headLength()));
            }
        }
    }

    /** With what follows the layers. */
    private int allLayers() {
        return shape.layers().size() + 1;
    }

    private boolean isRoomy(MemoryPlan plan) {
        return plan.shares().stream()
                .allMatch(share -> share.device().equals(host.name())
                        ? share.totalBytes() <= share.freeBytes() * HOST_SHARE
                        : share.fits());
    }
}
