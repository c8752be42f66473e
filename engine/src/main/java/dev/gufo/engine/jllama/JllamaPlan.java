package dev.gufo.engine.jllama;

import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import de.kherud.llama.args.GpuSplitMode;
import de.kherud.llama.args.PoolingType;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvType;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import dev.gufo.engine.plan.StepShape;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.MemoryShape;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is known and decided before the library sees a model.
 *
 * @param settings with every size decided
 * @param file what the file says, checked
 * @param role chat or embeddings: it can do one thing with a model
 * @param kvBytes memory of the KV cache as planned; 0 without a plan
 */
record JllamaPlan(EngineSettings settings, ModelFile file, ModelRole role, long kvBytes) {
    /** The longest window that is taken unasked: what an input needs grows with its square. */
    private static final int MOST_WINDOW = 8_192;

    private static final int ALL_LAYERS = 999;

    /** What a library for GPUs gets by default: it tells nothing of their memory. */
    private static final int SEQUENCES_ON_GPU = 4;

    private static final int CONTEXT_ON_GPU = 8_192;

    /**
     * @throws EngineException.Broken if the file is invalid, this engine can't run it, or it does not fit the machine
     */
    static JllamaPlan of(EngineSettings asked) {
        ModelFile file = ModelFile.read(asked.model());
        requireRunnable(asked, file);
        EngineSettings settings =
                asked.with().compute(asked.compute().withKv(SwaFull.ON)).build(); // it knows no other way
        return of(settings, file);
    }

    private static JllamaPlan of(EngineSettings asked, ModelFile file) {
        ModelRole role = ModelRole.of(file.model());
        if (role == ModelRole.EMBEDDINGS) {
            int wanted = asked.contextTokens() == 0 ? MOST_WINDOW : asked.contextTokens();
            int window = Math.min(wanted, file.model().contextLength());
            return new JllamaPlan(asked.sized(window, 1, asked.gpuLayers(), 0), file, role, 0);
        }
        if (JllamaLibrary.isIn(asked.natives()) && asked.gpuLayers() != 0) {
            return new JllamaPlan(onGpus(asked, file.model()), file, role, 0);
        }
        MemoryPlan plan = planner(file).plan(asked);
        if (!plan.fits()) {
            throw new EngineException.Broken(plan.refusal());
        }
        return new JllamaPlan(plan.applyTo(asked), file, role, plan.kvBytes());
    }

    private static void requireRunnable(EngineSettings asked, ModelFile file) {
        GgufModel model = file.model();
        if (!JllamaLibrary.knows(model.architecture())) {
            throw cannot("%s does not know models of the architecture %s"
                    .formatted(JllamaLibrary.VERSION, model.architecture()));
        }
        if (ModelRole.of(model) == ModelRole.RERANK) {
            throw cannot("it does not rank documents");
        }
        if (asked.compute().swaFull() == SwaFull.OFF) {
            throw cannot("it keeps the whole context of layers with a sliding window (--swa-full off)");
        }
        if (asked.compute().sharesKv()) {
            throw cannot("its sequences can't share a KV cache (--kv shared)");
        }
        if (ModelRole.of(model) == ModelRole.CHAT && asked.embeddings().wanted()) {
            throw cannot(
                    "it makes vectors with models that are made for them only, not with one for chat (--embeddings)");
        }
        if (!file.shards()
                .getFirst()
                .bool("tokenizer.ggml.normalizer.lowercase")
                .orElse(true)) {
            throw cannot("it makes all letters small, which this model tells apart");
        }
        if (!asked.adapters().isEmpty()) {
            throw cannot("it takes no LoRA adapters");
        }
        if (asked.draftModel().isPresent()) {
            throw cannot("it takes no draft model (--draft-model)");
        }
        if (asked.speculation() == Speculation.MTP) {
            throw cannot("it guesses nothing with a model's own layers (--speculate mtp)");
        }
        if (asked.compute().requireGpu()) {
            throw cannot("it does not tell whether there is a GPU (--require-gpu)");
        }
    }

    private static EngineException.Broken cannot(String why) {
        return new EngineException.Broken("the engine jllama can't do this: %s; use --engine llamacpp".formatted(why));
    }

    private static EngineSettings onGpus(EngineSettings asked, GgufModel model) {
        return asked.sized(
                asked.contextTokens() == 0 ? Math.min(model.contextLength(), CONTEXT_ON_GPU) : asked.contextTokens(),
                asked.sequences() == EngineSettings.SEQUENCES_AUTO
                        ? Math.min(SEQUENCES_ON_GPU, asked.stepTokens())
                        : asked.sequences(),
                asked.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO ? ALL_LAYERS : asked.gpuLayers(),
                0);
    }

    private static Planner planner(ModelFile file) {
        try {
            return new Planner(
                    MemoryShape.of(file.shards()),
                    file.model().contextLength(),
                    List.of(),
                    new DeviceMemory("CPU", HostMemory.freeBytes()));
        } catch (IOException e) {
            throw new EngineException.Broken(String.valueOf(e.getMessage()), e);
        }
    }

    /** How one vector comes of many. */
    Pooling pooling() {
        return settings.embeddings()
                .pooling()
                .or(() -> Pooling.of(file.model()))
                .orElse(Pooling.MEAN);
    }

    /**
     * The same in the library's words.
     *
     * <p>Its log is off: it would hold texts of users. Its chat templates are not used, so it gets a simple one instead
     * of reading the file's.
     */
    ModelParameters parameters() {
        ComputeSettings compute = settings.compute();
        // Its threads wait for each other after every operation: one that has to share its core holds all of them up.
        int threads =
                settings.threads() == 0 ? Math.max(1, Cores.ofThisProcess().threads() - 1) : settings.threads();
        var parameters = new ModelParameters()
                .setModel(file.shards().getFirst().path().toString())
                .setThreads(threads)
                .setParallel(settings.sequences())
                .setCtxSize(Math.multiplyExact(settings.contextTokens(), settings.sequences()))
                .setCacheTypeK(type(compute.keys()))
                .setCacheTypeV(type(compute.values()))
                .setChatTemplate("chatml")
                .disableContextShift()
                .enableSpecial()
                .skipWarmup()
                .disableLog();
        if (JllamaLibrary.isIn(settings.natives())) {
            place(parameters, compute);
        }
        if (compute.flashAttention() == FlashAttention.ON || compute.values().isQuantized()) {
            parameters.enableFlashAttn();
        }
        return role == ModelRole.EMBEDDINGS ? forVectors(parameters) : forText(parameters);
    }

    private void place(ModelParameters parameters, ComputeSettings compute) {
        parameters
                .setGpuLayers(gpuLayers())
                .setSplitMode(GpuSplitMode.valueOf(compute.splitMode().name()))
                .setMainGpu(compute.mainGpu());
        if (!compute.tensorSplit().isEmpty()) {
            parameters.setTensorSplit(
                    compute.tensorSplit().stream().map(String::valueOf).collect(Collectors.joining(",")));
        }
    }

    private ModelParameters forText(ModelParameters parameters) {
        StepShape step = StepShape.of(settings);
        return parameters.setBatchSize(step.tokens()).setUbatchSize(step.computedTokens());
    }

    /** Layers on GPUs; the library of the jar is for CPUs. */
    int gpuLayers() {
        if (!JllamaLibrary.isIn(settings.natives())) {
            return 0;
        }
        return settings.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO ? ALL_LAYERS : settings.gpuLayers();
    }

    /** An input is computed at once. */
    private ModelParameters forVectors(ModelParameters parameters) {
        return parameters
                .enableEmbedding()
                .setPoolingType(PoolingType.valueOf(pooling().name()))
                .setBatchSize(settings.contextTokens())
                .setUbatchSize(settings.contextTokens());
    }

    private static CacheType type(KvType type) {
        return CacheType.valueOf(type.name());
    }
}
