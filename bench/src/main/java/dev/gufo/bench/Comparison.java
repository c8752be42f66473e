package dev.gufo.bench;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.llama.LlamaModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Gufo over HTTP against the raw loop. The two take turns, so that a machine whose speed changes from minute to minute
 * slows both; the median of the ratios counts.
 *
 * @param promptTokens of each request, about; the raw loop's prompts get the length that Gufo computed
 * @param outputTokens of each request
 * @param rounds turns of each side; one more warms up
 * @param requests of each client in a round
 */
record Comparison(int promptTokens, int outputTokens, int rounds, int requests) {
    private static final int STEP_TOKENS = 512;

    /**
     * A turn of each side.
     *
     * @param raw tokens/s
     * @param http tokens/s
     */
    record Turn(double raw, double http) {
        double ratio() {
            return http / raw;
        }
    }

    /**
     * Measures {@code count} sequences at once.
     *
     * @param compute how the raw loop's context lies in memory
     * @throws LoadGenerator.TargetUnusable if Gufo does not answer
     */
    List<Turn> turns(GufoProcess gufo, LlamaModel loaded, ComputeSettings compute, int count)
            throws LoadGenerator.TargetUnusable, InterruptedException {
        Figures warmUp = http(gufo, count, 0);
        long computed = warmUp.promptTokens() - warmUp.cachedTokens();
        int prompt = Math.toIntExact(computed / Math.max(1, warmUp.completed()));
        List<Turn> turns = new ArrayList<>();
        var shape = new RawLoop.Shape(count, Math.max(1, prompt), outputTokens);
        int threads = Cores.ofThisProcess().threads();
        try (RawLoop raw = new RawLoop(loaded, shape, compute, threads, STEP_TOKENS, 1)) {
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

    /** A turn of Gufo's alone, {@code clients} at once. */
    Figures http(GufoProcess gufo, int clients, long seed) throws LoadGenerator.TargetUnusable, InterruptedException {
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

    /** A table for {@link #addRow}. */
    static TextTable newTable() {
        return new TextTable("sequences", "raw tokens/s", "Gufo tokens/s", "ratio", "lowest", "highest");
    }

    /** Adds the medians of {@code turns}, at least one, and the lowest and the highest ratio. */
    static void addRow(TextTable table, int count, List<Turn> turns) {
        double[] ratios = turns.stream().mapToDouble(Turn::ratio).sorted().toArray();
        double[] raw = turns.stream().mapToDouble(Turn::raw).sorted().toArray();
        double[] http = turns.stream().mapToDouble(Turn::http).sorted().toArray();
        table.row(
                Integer.toString(count),
                "%.1f".formatted(median(raw)),
                "%.1f".formatted(median(http)),
                "%.0f %%".formatted(100 * median(ratios)),
                "%.0f %%".formatted(100 * ratios[0]),
                "%.0f %%".formatted(100 * ratios[ratios.length - 1]));
    }

    /** Each turn in some words. */
    static String words(List<Turn> turns) {
        return turns.stream()
                .map(turn -> "raw %.1f, Gufo %.1f tokens/s".formatted(turn.raw(), turn.http()))
                .collect(Collectors.joining("; "));
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
