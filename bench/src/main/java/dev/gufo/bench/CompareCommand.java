package dev.gufo.bench;

import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench compare}: Gufo over HTTP against the raw loop. The two take turns, so that a machine whose speed changes from minute
 * to minute slows both; the median of the ratios counts.
 */
@Command(
        name = "compare",
        description = "Starts Gufo and compares its tokens/s over HTTP, streamed, with decoding and nothing around it.",
        sortOptions = false,
        showDefaultValues = true)
final class CompareCommand implements Callable<Integer> {
    private static final int STEP_TOKENS = 512;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file.")
    private Path model;

    @Option(names = "--natives", required = true, paramLabel = "DIR", description = "The llama.cpp libraries.")
    private Path natives;

    @Option(names = "--gufo", required = true, paramLabel = "PATH", description = "bin/gufo of a distribution.")
    private Path launcher;

    @Option(names = "--sequences", split = ",", paramLabel = "N", description = "How many at once, one row for each.")
    private List<Integer> sequences = List.of(1, 4, 16);

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Of each request, about.")
    private int promptTokens = 32;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each request.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each side; one more warms up.")
    private int rounds = 5;

    @Option(names = "--requests", paramLabel = "N", description = "Of each client in a round.")
    private int requests = 6;

    /**
     * A turn of each side.
     *
     * @param raw tokens/s
     * @param http tokens/s
     */
    private record Turn(double raw, double http) {
        double ratio() {
            return http / raw;
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        int most = sequences.stream().mapToInt(Integer::intValue).max().orElse(1);
        TextTable table = new TextTable("sequences", "raw tokens/s", "Gufo tokens/s", "ratio", "lowest", "highest");
        LlamaLibrary library = LlamaLibrary.load(natives);
        try (GufoProcess gufo = GufoProcess.start(launcher, model, most);
                LlamaModel loaded = LlamaModel.load(library, model, 0, percent -> {})) {
            for (int count : sequences) {
                row(table, count, turns(gufo, loaded, count));
            }
        } catch (LoadGenerator.TargetUnusable e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
        spec.commandLine().getOut().print(table);
        spec.commandLine().getOut().flush();
        return 0;
    }

    private List<Turn> turns(GufoProcess gufo, LlamaModel loaded, int count)
            throws LoadGenerator.TargetUnusable, InterruptedException {
        Figures warmUp = http(gufo, count, 0);
        long computed = warmUp.promptTokens() - warmUp.cachedTokens();
        int prompt = Math.toIntExact(computed / Math.max(1, warmUp.completed()));
        List<Turn> turns = new ArrayList<>();
        RawLoop.Shape shape = new RawLoop.Shape(count, Math.max(1, prompt), outputTokens);
        try (RawLoop raw = new RawLoop(loaded, shape, Runtime.getRuntime().availableProcessors(), STEP_TOKENS, 1)) {
            raw.round();
            for (int i = 1; i <= rounds; i++) {
                double ceiling = rawTokensPerSecond(raw);
                Figures figures = http(gufo, count, i);
                turns.add(new Turn(ceiling, figures.saturatedTokensPerSecond().orElseGet(figures::tokensPerSecond)));
            }
        }
        return turns;
    }

    /** As many rounds as Gufo gets requests of a client, so that both turns take about as long. */
    private double rawTokensPerSecond(RawLoop raw) {
        double seconds = 0;
        double tokens = 0;
        for (int i = 0; i < requests; i++) {
            RawLoop.Round round = raw.round();
            seconds += round.prefill().plus(round.decode()).toNanos() / 1e9;
            tokens += round.shape().sequences() * (double) round.shape().outputTokens();
        }
        return tokens / seconds;
    }

    private Figures http(GufoProcess gufo, int clients, long seed)
            throws LoadGenerator.TargetUnusable, InterruptedException {
        Workload workload = new Workload(
                new Lengths.Fixed(promptTokens),
                new Lengths.Fixed(outputTokens),
                0,
                true,
                true,
                OptionalDouble.of(0),
                OptionalLong.empty(),
                OptionalDouble.empty());
        LoadPlan plan = new LoadPlan(
                new Arrivals.ClosedLoop(clients),
                new LoadPlan.Extent.Requests(clients * requests),
                clients,
                workload,
                Optional.empty(),
                seed,
                Duration.ofMinutes(10));
        Target target = new Target(gufo.baseUrl(), Optional.empty());
        return new LoadGenerator(target, plan, new MemoryWatch(List.of(), 1))
                .run()
                .figures();
    }

    private static void row(TextTable table, int count, List<Turn> turns) {
        double[] ratios = turns.stream().mapToDouble(Turn::ratio).sorted().toArray();
        table.row(
                Integer.toString(count),
                "%.1f"
                        .formatted(median(
                                turns.stream().mapToDouble(Turn::raw).sorted().toArray())),
                "%.1f"
                        .formatted(median(
                                turns.stream().mapToDouble(Turn::http).sorted().toArray())),
                "%.0f %%".formatted(100 * median(ratios)),
                "%.0f %%".formatted(100 * ratios[0]),
                "%.0f %%".formatted(100 * ratios[ratios.length - 1]));
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
