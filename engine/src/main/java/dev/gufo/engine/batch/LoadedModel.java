package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.RecommendedSampling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.LlamaAdapter;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.engine.natives.VulkanDevice;
import dev.gufo.engine.plan.Fingerprint;
import dev.gufo.engine.plan.StepShape;
import dev.gufo.gguf.AdapterFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.store.ModelRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model with its contexts, as the engine thread opens them.
 *
 * @param context for text, if the model is for chat
 * @param embeddings for vectors, if the model is for them, or is to make them as well
 * @param draft guesses tokens of text
 * @param adapters by their ids
 * @param constraints keeps answers to grammars
 * @param threads compute for both contexts
 * @param info what to tell about it
 */
record LoadedModel(
        LlamaModel model,
        Optional<LlamaContext> context,
        Optional<EmbeddingContext> embeddings,
        Optional<DraftSource> draft,
        Map<String, LlamaAdapter> adapters,
        Constraints constraints,
        ComputeThreads threads,
        ModelInfo info)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

    private static final Duration ADAPTER_TURN = Duration.ofMillis(50);

    /** Tokens in which the prompts of deterministic requests are computed: others wait for as long as one takes. */
    private static final int EXACT_CHUNK = 128;

    /**
     * Multiply-adds that a machine does in the time in which it copies a byte: some 10 on a CPU, 200 on a large GPU.
     */
    private static final long OPERATIONS_PER_BYTE = 64;

    private static final int LEAST_COPY = 16;

    /** On a CPU a token more in a pass costs nearly as much as a pass of its own; on a GPU next to nothing. */
    private static final int CPU_PADDING = 1;

    /** On GPUs ggml multiplies by a few columns with other code than by one of these and more. */
    private static final int SHARED_WARM_UP = 16;

    /** @throws EngineException.Broken if the file can't be run */
    static LoadedModel load(Sizing sizing, IntConsumer percent) {
        EngineSettings settings = sizing.settings();
        LlamaModel model = sizing.mtp()
                ? LlamaModel.loadWithMtp(
                        sizing.library(), settings.model(), settings.gpuLayers(), settings.compute(), percent)
                : LlamaModel.load(
                        sizing.library(), settings.model(), settings.gpuLayers(), settings.compute(), percent);
        try {
            return open(sizing, model);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** One context for text, one for vectors, or both; whichever the model is for. */
    private static LoadedModel open(Sizing sizing, LlamaModel model) {
        EngineSettings settings = sizing.settings();
        ModelRole role = ModelRole.of(sizing.file());
        Map<String, LlamaAdapter> adapters = adapters(sizing, model);
        Optional<LlamaContext> text = Optional.empty();
        if (role == ModelRole.CHAT) {
            if (!model.isDecoder()) {
                throw new EngineException.Broken(
                        "%s does not generate text".formatted(settings.model().getFileName()));
            }
            text = Optional.of(model.newContext(limits(sizing, model), settings.compute()));
            if (sizing.mtp()) {
                text.get().keepHiddenStates();
            }
        }
        Set<ModelRole> roles = EnumSet.of(role);
        EmbeddingInfo info = EmbeddingInfo.NONE;
        Optional<EmbeddingContext> vectors = Optional.empty();
        Optional<DraftSource> draft = Optional.empty();
        try {
            if (role != ModelRole.CHAT || settings.embeddings().wanted()) {
                Vectors made = Vectors.open(sizing, model);
                vectors = Optional.of(made.context());
                info = made.info();
                roles.add(role == ModelRole.CHAT ? ModelRole.EMBEDDINGS : role);
            }
            if (model.gpuLayers() > 0) {
                int tokens = warmUpTokens(sizing, model);
                text.ifPresent(context -> WarmUp.run(context, tokens));
                vectors.ifPresent(context -> WarmUp.run(context, tokens));
            }
            draft = draft(sizing, model, text);
            return new LoadedModel(
                    model,
                    text,
                    vectors,
                    draft,
                    adapters,
                    new Constraints(model.vocabulary(), settings.sequences(), Constraints.Room.DEFAULT),
                    new ComputeThreads(
                            Stream.of(
                                            text.map(LlamaContext::threads),
                                            vectors.map(EmbeddingContext::threads),
                                            draft.map(source -> source.context().threads()))
                                    .flatMap(Optional::stream)
                                    .toList(),
                            sizing.cores(),
                            threads(sizing, model)),
                    describe(sizing, model, text, roles, info));
        } catch (RuntimeException | Error e) {
            draft.ifPresent(DraftSource::close);
            vectors.ifPresent(EmbeddingContext::close);
            text.ifPresent(LlamaContext::close);
            throw e;
        }
    }

    private static Optional<DraftSource> draft(Sizing sizing, LlamaModel model, Optional<LlamaContext> text) {
        if (sizing.mtp()) {
            return text.map(context -> MtpHead.open(sizing, model, context));
        }
        return sizing.draft().map(file -> DraftModel.load(file, sizing, model.vocabulary()));
    }

    /** States depend on the weights, on how they are stored, and on the library that computes and writes them. */
    private static Optional<DiskStore> disk(Sizing sizing) {
        EngineSettings settings = sizing.settings();
        ComputeSettings compute = settings.compute();
        return settings.diskCache().flatMap(cache -> {
            List<Object> changing =
                    List.of(compute.keys(), compute.values(), compute.flashAttention(), compute.swaFull());
            byte[] digest = Fingerprint.digest(LlamaLibrary.VERSION, sizing.shards(), changing);
            Map<String, byte[]> adapters = new TreeMap<>();
            for (AdapterSource adapter : settings.adapters()) {
                adapters.put(adapter.id(), Fingerprint.digest(adapter.file()));
            }
            return DiskStore.open(cache, digest, adapters);
        });
    }

    /** A whole step, but where the CPU has a share, or plays the device: there it would take seconds or minutes. */
    static int warmUpTokens(Sizing sizing, LlamaModel model) {
        int window = sizing.settings().contextTokens();
        int tokens = Math.min(StepShape.of(sizing.settings()).tokens(), Math.max(1, window - 1));
        boolean quick = isOnGpusAlone(sizing, model)
                && sizing.library().vulkanDevices().stream().noneMatch(VulkanDevice::software);
        return quick ? tokens : Math.min(SHARED_WARM_UP, tokens);
    }

    /** Before any context, which makes room for what there is. */
    private static Map<String, LlamaAdapter> adapters(Sizing sizing, LlamaModel model) {
        Map<String, LlamaAdapter> loaded = new TreeMap<>();
        for (AdapterSource source : sizing.settings().adapters()) {
            loaded.put(source.id(), model.loadAdapter(source.file()));
        }
        return Collections.unmodifiableMap(loaded);
    }

    private static ContextLimits limits(Sizing sizing, LlamaModel model) {
        EngineSettings settings = sizing.settings();
        GgufModel file = sizing.file();
        if (settings.contextTokens() > file.contextLength()) {
            LOG.warn(
                    "{} tokens of context are more than the {} of the training",
                    settings.contextTokens(),
                    file.contextLength());
        }
        StepShape step = StepShape.of(settings);
        return new ContextLimits(
                settings.sequences(),
                settings.contextTokens(),
                step.tokens(),
                step.computedTokens(),
                step.outputs(settings.sequences()),
                threads(sizing, model));
    }

    /** CPU threads; one if all that is computed there is to look up the tokens' vectors. */
    static int threads(Sizing sizing, LlamaModel model) {
        EngineSettings settings = sizing.settings();
        if (settings.threads() > 0) {
            return settings.threads();
        }
        return isOnGpusAlone(sizing, model) ? 1 : sizing.cores().threads();
    }

    /** Whether the output matrix is there too, which counts as a layer more. */
    private static boolean isOnGpusAlone(Sizing sizing, LlamaModel model) {
        return model.gpuLayers() > 0 && sizing.settings().gpuLayers() > model.layers();
    }

    private static ModelInfo describe(
            Sizing sizing,
            LlamaModel model,
            Optional<LlamaContext> context,
            Set<ModelRole> roles,
            EmbeddingInfo embeddings) {
        EngineSettings settings = sizing.settings();
        GgufModel file = sizing.file();
        Vocabulary vocabulary = model.vocabulary();
        int room = context.map(LlamaContext::contextTokens).orElse(embeddings.windowTokens());
        int wanted = settings.contextTokens() == 0 ? file.contextLength() : settings.contextTokens();
        if (context.isPresent() && settings.compute().sharesKv()) {
            wanted = Math.max(wanted, file.contextLength()); // one sequence may have all that is there
        }
        int contextTokens = Math.min(room, wanted);
        return ModelInfo.of(file.architecture(), model.description())
                .parameters(model.parameters())
                .bytes(model.bytes())
                .vocabularySize(vocabulary.size())
                .trainedContextTokens(file.contextLength())
                .contextTokens(contextTokens)
                .sequences(settings.sequences())
                .kvBytes(sizing.plan().kvBytes())
                .layers(model.layers())
                .gpuLayers(model.gpuLayers())
                .chatTemplate(file.chatTemplate().orElse(""))
                .bosToken(vocabulary.bosText())
                .eosToken(vocabulary.eosText())
                .fillInMiddle(vocabulary.fillInMiddle())
                .sampling(RecommendedSampling.of(file.sampling()))
                .fingerprint(fingerprint(sizing, model))
                .roles(roles)
                .embeddings(embeddings)
                .adapters(settings.adapters().stream()
                        .map(AdapterSource::id)
                        .sorted()
                        .toList())
                .longestTokenBytes(vocabulary.longestTokenBytes())
                .targetGap(settings.targetGap())
                .build();
    }

    private static String fingerprint(Sizing sizing, LlamaModel model) {
        EngineSettings settings = sizing.settings();
        List<Path> adapters = sizing.adapters().stream().map(AdapterFile::path).toList();
        ComputeSettings compute = settings.compute();
        List<Object> changing = new ArrayList<>(List.<Object>of(
                model.gpuLayers(),
                threads(sizing, model),
                compute.keys(),
                compute.values(),
                compute.sharesKv(),
                compute.swaFull(),
                compute.flashAttention()));
        if (sizing.mtp()) {
            changing.add(Speculation.MTP); // more is computed behind the last layer, which rounds otherwise
        }
        return Fingerprint.of(LlamaLibrary.VERSION, sizing.shards(), adapters, changing);
    }

    /** @param choosing what the choice of constrained tokens may take of a step */
    Schedulers newSchedulers(Sizing sizing, Duration choosing) {
        EngineSettings settings = sizing.settings();
        return new Schedulers(
                context.map(text -> newScheduler(settings, text, choosing, disk(sizing))),
                embeddings.map(vectors -> new EmbeddingScheduler(vectors, settings.stepTokens())));
    }

    private Scheduler newScheduler(
            EngineSettings settings, LlamaContext text, Duration choosing, Optional<DiskStore> disk) {
        boolean pooled = settings.compute().sharesKv();
        int padding = pooled ? 0 : model.gpuLayers() > 0 ? settings.sequences() : CPU_PADDING;
        var memory = new KvMemory(
                text, pooled ? Optional.of(new KvCells(settings.sequences(), text.contextTokens())) : Optional.empty());
        int window = settings.compute().swaFull() == SwaFull.OFF && model.canRewind() ? model.windowTokens() : 0;
        StepShape step = StepShape.of(settings);
        int chunk = Math.min(EXACT_CHUNK, step.tokens());
        var traits = new KvSlots.Traits(
                info.contextTokens(), copyTokens(), model.canRewind() && window == 0, window, padding, chunk, pooled);
        var slots = new KvSlots(settings.sequences(), traits, window > 0 ? memory::firstHeld : _ -> 0);
        var store = new PrefixStore(settings.cacheBytes(), disk, slots);
        var prefill = new PrefillBudget(settings.targetGap(), settings.stepTokens());
        var results = new StepResults(
                text,
                model.vocabulary(),
                settings.sequences(),
                Cores.ofThisProcess().threads());
        return new Scheduler(
                text,
                memory,
                slots,
                new StateTiers(text, memory, slots, store, prefill),
                new StepPlanner(
                        new AdapterTurns(ADAPTER_TURN, set -> text.use(scaled(set))),
                        prefill,
                        new StepPlanner.Limits(
                                step.tokens(),
                                chunk,
                                step.scoredTokens(),
                                padding,
                                traits.canRewind(),
                                settings.speculation() != Speculation.OFF),
                        threads::prepareExact),
                results,
                new NextTokens(memory, model.vocabulary(), results, choosing));
    }

    /**
     * What copying a slot costs, in prompt tokens: llama.cpp moves its whole buffer, and a token is a multiply-add with
     * each weight.
     */
    private int copyTokens() {
        long slotBytes = info.kvBytes() / info.sequences();
        double tokens = (double) slotBytes * OPERATIONS_PER_BYTE / Math.max(1, info.parameters());
        return (int) Math.clamp(tokens, LEAST_COPY, Math.max(LEAST_COPY, info.contextTokens()));
    }

    private List<LlamaAdapter.Scaled> scaled(List<AdapterScale> set) {
        return set.stream()
                .map(adapter -> new LlamaAdapter.Scaled(requireNonNull(adapters.get(adapter.id())), adapter.scale()))
                .toList();
    }

    /** Sets what runs while a context computes on the CPU; the engine thread. */
    void whileComputing(Runnable action) {
        context.ifPresent(text -> text.whileComputing(action));
        embeddings.ifPresent(vectors -> vectors.whileComputing(action));
        draft.ifPresent(source -> source.context().whileComputing(action));
    }

    Vocabulary vocabulary() {
        return model.vocabulary();
    }

    @Override
    public void close() {
        threads.close();
        draft.ifPresent(DraftSource::close);
        embeddings.ifPresent(EmbeddingContext::close);
        context.ifPresent(LlamaContext::close);
        model.close();
    }
}
