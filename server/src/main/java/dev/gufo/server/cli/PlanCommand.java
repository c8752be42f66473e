package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.plan.Demand;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.Planner;
import dev.gufo.engine.plan.ProcessMemory;
import dev.gufo.server.boot.ChosenModels;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.Devices;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.store.StoredModel;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gufo plan}: what memory a model would take here or elsewhere, without loading it. */
@Command(
        name = "plan",
        sortOptions = false,
        description = "Print how much memory a model takes and where; the exit status is 1 if it does not fit.")
final class PlanCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A model of the models folder by name, or a GGUF file.")
    String model = "";

    @Option(names = "--models-dir", paramLabel = "DIR", description = "Folder of *.gguf files.")
    Path modelsDir;

    @Option(names = "--natives", paramLabel = "DIR", description = "Folder of the llama.cpp libraries.")
    Path natives;

    @Mixin
    SizeOptions size = new SizeOptions();

    @Option(
            names = "--device-memory",
            paramLabel = "SIZE",
            split = ",",
            converter = Converters.ByteSize.class,
            description =
                    "Plan for GPUs with this much free memory each, as 24GiB,24GiB, instead of those of this machine.")
    List<Long> deviceMemory = new ArrayList<>();

    @Option(
            names = "--host-memory",
            paramLabel = "SIZE",
            converter = Converters.ByteSize.class,
            description = "Plan for this much free main memory instead of this machine's.")
    @Nullable
    Long hostMemory;

    @Option(names = "--embeddings", description = "For a chat model that makes embeddings too.")
    boolean embeddings;

    @Option(
            names = "--draft-model",
            paramLabel = "FILE",
            description = "With this model beside it, which guesses its tokens.")
    @Nullable
    Path draftModel;

    @Option(
            names = "--speculate",
            paramLabel = "off|auto|ngram|draft|mtp",
            defaultValue = "auto",
            converter = Converters.SpeculationName.class,
            description = "As gufo serve would guess tokens, which takes memory with a model or with layers that do"
                    + " (default: ${DEFAULT-VALUE}).")
    Speculation speculation;

    @Option(names = "--json", description = "As JSON.")
    boolean json;

    @Mixin
    ComputeOptions compute = new ComputeOptions();

    private final PrintStream out;

    PlanCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        System.setProperty("gufo.log-level", "error");
        StoredModel stored = ChosenModels.find(ServeCommand.folder(modelsDir, "models"), List.of(model))
                .getFirst();
        ChosenModels.check(List.of(stored));
        List<DeviceMemory> gpus = gpus();
        var host = new DeviceMemory("CPU", hostMemory != null ? hostMemory : HostMemory.freeBytes());
        MemoryPlan plan;
        try {
            EngineSettings settings = settings(stored);
            plan = Planner.of(stored, settings, gpus, host).plan(settings);
        } catch (EngineException.Broken e) {
            throw new StartFailed(e.getMessage());
        }
        out.print(json ? json(stored.id(), plan) : table(stored.id(), plan));
        out.flush();
        return plan.fits() ? GufoCommand.DONE : GufoCommand.FAILED;
    }

    private List<DeviceMemory> gpus() throws InterruptedException {
        if (!deviceMemory.isEmpty()) {
            return IntStream.range(0, deviceMemory.size())
                    .mapToObj(i -> new DeviceMemory("GPU" + i, deviceMemory.get(i)))
                    .toList();
        }
        return Devices.gpus(Natives.choose(ServeCommand.folder(natives, "natives"), compute, System.err));
    }

    private EngineSettings settings(StoredModel stored) {
        try {
            EngineSettings.Builder settings = EngineSettings.of(stored.path(), Path.of("."));
            size.into(settings, ModelTable.EMPTY.of(stored.id()));
            return settings.queueLength(0)
                    .embeddings(new EmbeddingSettings(embeddings, Optional.empty()))
                    .compute(compute.settings())
                    .speculation(speculation)
                    .draftModel(Optional.ofNullable(draftModel))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    private static String table(String id, MemoryPlan plan) {
        var text = new StringBuilder();
        text.append("%s: %s, %d of %d layers on GPUs%s%n"
                .formatted(
                        id,
                        contexts(plan),
                        Math.min(plan.gpuLayers(), plan.layers()),
                        plan.layers(),
                        plan.slidingWindow() == 0
                                ? ""
                                : ", sliding window of %d tokens%s"
                                        .formatted(
                                                plan.slidingWindow(),
                                                plan.demand().compute().swaFull() == SwaFull.OFF
                                                        ? ""
                                                        : " kept whole")));
        text.append("%-10s %12s %12s %12s %12s %12s %12s %12s%n"
                .formatted("MiB on", "weights", "KV cache", "compute", "reserve", "cache", "together", "free"));
        for (MemoryPlan.Share share : plan.shares()) {
            text.append("%-10s %12s %12s %12s %12s %12s %12s %12s%s%n"
                    .formatted(
                            share.device(),
                            mebibytes(share.weightBytes()),
                            mebibytes(share.kvBytes()),
                            mebibytes(share.computeBytes()),
                            mebibytes(share.reserveBytes()),
                            mebibytes(share.cacheBytes()),
                            mebibytes(share.totalBytes()),
                            mebibytes(share.freeBytes()),
                            share.fits() ? "" : "  does not fit"));
        }
        long lent = plan.shares().getLast().lentBytes();
        if (lent > 0) {
            text.append("What is together in main memory has %s MiB that GPUs without memory of their own take of it.%n"
                    .formatted(mebibytes(lent)));
        }
        text.append("The reserve in main memory is for the model's process: %s MiB, of which its heap may take %s.%n"
                .formatted(ProcessMemory.BYTES >> 20, ProcessMemory.HEAP_BYTES >> 20));
        if (!plan.fits()) {
            text.append(plan.refusal()).append(System.lineSeparator());
        }
        return text.toString();
    }

    private static String contexts(MemoryPlan plan) {
        Demand demand = plan.demand();
        List<String> contexts = new ArrayList<>();
        if (!demand.vectors()) {
            contexts.add(demand.text());
        }
        plan.windowTokens().ifPresent(window -> contexts.add("vectors of inputs of up to %d tokens".formatted(window)));
        return String.join(", ", contexts);
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20));
    }

    private static String json(String id, MemoryPlan plan) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("model", id)
                .put("fits", plan.fits())
                .put("cramped", plan.cramped())
                .put("context_tokens", plan.demand().contextTokens())
                .put("sequences", plan.demand().vectors() ? 0 : plan.demand().sequences())
                .put("window_tokens", plan.windowTokens().orElse(0))
                .put("gpu_layers", Math.min(plan.gpuLayers(), plan.layers()))
                .put("layers", plan.layers())
                .put("sliding_window", plan.slidingWindow())
                .put("swa_full", plan.demand().compute().swaFull() != SwaFull.OFF)
                .put("kv", plan.demand().pooled() ? "shared" : "split")
                .put("kv_type_k", plan.demand().compute().keys().name().toLowerCase(Locale.ROOT))
                .put("kv_type_v", plan.demand().compute().values().name().toLowerCase(Locale.ROOT));
        var devices = root.putArray("devices");
        for (MemoryPlan.Share share : plan.shares()) {
            devices.addObject()
                    .put("device", share.device())
                    .put("weight_bytes", share.weightBytes())
                    .put("kv_bytes", share.kvBytes())
                    .put("compute_bytes", share.computeBytes())
                    .put("reserve_bytes", share.reserveBytes())
                    .put("lent_bytes", share.lentBytes())
                    .put("cache_bytes", share.cacheBytes())
                    .put("total_bytes", share.totalBytes())
                    .put("free_bytes", share.freeBytes())
                    .put("fits", share.fits());
        }
        return root.toPrettyString() + System.lineSeparator();
    }
}
