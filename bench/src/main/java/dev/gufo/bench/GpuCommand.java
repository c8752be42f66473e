package dev.gufo.bench;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.KvType;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.Planner;
import dev.gufo.engine.worker.DeviceProbe;
import dev.gufo.fixtures.WriteRandomModel;
import dev.gufo.store.ModelDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench gpu}: what is to be known of Gufo on a GPU, in one go: whether a model takes the memory that was planned
 * and gives it back, and how fast Gufo is beside the raw loop, for each type of KV cache. Without a GPU the speeds
 * alone.
 */
@Command(
        name = "gpu",
        description =
                "Compares planned with measured GPU memory, and Gufo's tokens/s with decoding and nothing around it.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class GpuCommand implements Callable<Integer> {
    private static final int STEP_TOKENS = 512;

    @Spec
    private CommandSpec spec;

    @Option(names = "--natives", required = true, paramLabel = "DIR", description = "As scripts/natives fills it.")
    private Path natives;

    @Option(names = "--backend", paramLabel = "auto|cpu|cuda|vulkan", description = "Which of them to use.")
    private NativesChoice.Wish backend = NativesChoice.Wish.AUTO;

    @Option(names = "--gufo", required = true, paramLabel = "PATH", description = "bin/gufo of a distribution.")
    private Path launcher;

    @Option(names = "--folder", required = true, paramLabel = "DIR", description = "Where a model is written to.")
    private Path folder;

    @Option(names = "--shape", paramLabel = "tiny|270m|1.5b|8b", description = "Of a model of random weights.")
    private String shape = "8b";

    @Option(names = "--type", paramLabel = "q4_k_m|q8_0|q4_0|f16", description = "How its weights are stored.")
    private String type = "q4_k_m";

    @Option(names = "--model", paramLabel = "PATH", description = "A GGUF file instead.")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--kv-types", split = ",", paramLabel = "TYPE", description = "Of f16, q8_0 and q4_0.")
    private List<String> kvTypes = List.of("f16", "q8_0", "q4_0");

    @Option(names = "--sequences", split = ",", paramLabel = "N", description = "How many at once, one row for each.")
    private List<Integer> sequences = List.of(1, 8, 32, 64);

    @Option(names = "--ctx-size", paramLabel = "TOKENS", description = "Context of each sequence.")
    private int contextTokens = 1_024;

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Of each request, about.")
    private int promptTokens = 64;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each request.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each side; one more warms up.")
    private int rounds = 3;

    @Option(names = "--requests", paramLabel = "N", description = "Of each client in a round.")
    private int requests = 3;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Optional<NativesChoice> chosen =
                NativesChoice.of(new InstalledLibraries(natives), Machine.here(), backend, DeviceProbe.question());
        if (chosen.isEmpty()) {
            return failed("there are no llama.cpp libraries in " + natives);
        }
        NativesChoice choice = chosen.get();
        choice.warnings().forEach(spec.commandLine().getErr()::println);
        out.printf("libraries for %s: %s%n", choice.backend(), choice.reason());
        try {
            Path file = model.isPresent() ? model.get() : randomModel();
            out.printf("model %s, %,d bytes%n", file.getFileName(), Files.size(file));
            // First, while this process itself holds no memory of a GPU.
            out.printf(
                    "%n%s",
                    choice.backend() == Backend.CPU ? "no GPU: its memory is not compared\n" : memory(choice, file));
            out.flush();
            for (String kvType : kvTypes) {
                out.printf("%nKV type %s%n", kvType);
                out.print(speeds(choice, file, kvType, out));
                out.flush();
            }
        } catch (LoadGenerator.TargetUnusable | EngineException.Broken e) {
            return failed(String.valueOf(e.getMessage()));
        }
        return 0;
    }

    private int failed(String reason) {
        spec.commandLine().getErr().println(reason);
        return 1;
    }

    /** The model of this shape in the folder, which is written unless it is there. */
    private Path randomModel() throws IOException {
        Path file = folder.resolve("random-%s-%s.gguf".formatted(shape, type));
        if (!Files.exists(file)) {
            Path part = Files.createDirectories(folder).resolve("." + file.getFileName());
            WriteRandomModel.write(shape, type, part);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return file;
    }

    private TextTable memory(NativesChoice choice, Path file)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        TextTable table = MeasuredMemory.newTable();
        for (String kvType : kvTypes) {
            MeasuredMemory before = MeasuredMemory.now(choice.folder());
            MeasuredMemory during;
            try (GufoProcess gufo = start(file, kvType)) {
                comparison().http(gufo, most(), 0); // kernels take buffers when they first run
                during = MeasuredMemory.now(choice.folder());
            }
            MemoryPlan plan = plan(settings(choice, file, kvType), before);
            before.addRows(table, kvType, plan, during, MeasuredMemory.now(choice.folder()));
        }
        return table;
    }

    /** @param out told each number of sequences when it was measured: what follows may be cut off */
    private TextTable speeds(NativesChoice choice, Path file, String kvType, PrintWriter out)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        ComputeSettings compute = settings(choice, file, kvType).compute();
        TextTable table = Comparison.newTable();
        LlamaLibrary library = LlamaLibrary.load(choice.folder());
        try (GufoProcess gufo = start(file, kvType);
                LlamaModel loaded = LlamaModel.load(library, file, Integer.MAX_VALUE, compute, percent -> {})) {
            for (int count : sequences) {
                List<Comparison.Turn> turns = comparison().turns(gufo, loaded, compute, count);
                Comparison.addRow(table, count, turns);
                out.printf("%d sequences: %s%n", count, Comparison.words(turns));
                out.flush();
            }
        }
        return table;
    }

    private Comparison comparison() {
        return new Comparison(promptTokens, outputTokens, rounds, requests);
    }

    private GufoProcess start(Path file, String kvType) throws IOException {
        return GufoProcess.start(launcher, file, contextTokens, most(), options(kvType));
    }

    private int most() {
        return sequences.stream().mapToInt(Integer::intValue).max().orElse(1);
    }

    private List<String> options(String kvType) {
        return List.of(
                "--natives",
                natives.toAbsolutePath().toString(),
                "--backend",
                backend.name().toLowerCase(Locale.ROOT),
                "--kv-type",
                kvType,
                "--gpu-layers",
                "auto",
                "--step-tokens",
                Integer.toString(STEP_TOKENS));
    }

    private EngineSettings settings(NativesChoice choice, Path file, String kvType) {
        KvType stored = KvType.valueOf(kvType.toUpperCase(Locale.ROOT));
        return EngineSettings.of(file.toAbsolutePath(), choice.folder())
                .contextTokens(contextTokens)
                .sequences(most())
                .stepTokens(STEP_TOKENS)
                .queueLength(0)
                .compute(ComputeSettings.DEFAULT.withKv(stored, stored))
                .build();
    }

    private static MemoryPlan plan(EngineSettings settings, MeasuredMemory free) throws IOException {
        return Planner.of(
                        new ModelDirectory(requireNonNull(settings.model().getParent()))
                                .find(settings.model().toString())
                                .orElseThrow(() -> new IOException("there is no model in " + settings.model())),
                        settings,
                        free.gpus(),
                        new DeviceMemory("CPU", HostMemory.freeBytes()))
                .plan(settings);
    }
}
