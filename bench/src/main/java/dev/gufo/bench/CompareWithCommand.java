package dev.gufo.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code bench compare-with}: a running Gufo against other running servers with OpenAI's API. The servers take turns
 * with the same prompts, which are new in each round; who is first changes from round to round.
 */
@Command(
        name = "compare-with",
        description = "Compares a running server with others that speak OpenAI's chat API, in alternating rounds.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class CompareWithCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final double QUIET = 0.1;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "URL", arity = "1..*", description = "The other servers, as OpenAI clients take them.")
    private List<URI> others;

    @Option(names = "--base-url", paramLabel = "URL", description = "Gufo; ratios are of it to each other one.")
    private URI baseUrl = URI.create("http://127.0.0.1:8080/v1");

    @Option(names = "--model", paramLabel = "NAME", description = "Default: the first that each server lists.")
    private Optional<String> model;

    @Option(names = "--api-key", paramLabel = "KEY", description = "Sent to Gufo as bearer token.")
    private Optional<String> apiKey;

    @Option(names = "--clients", split = ",", paramLabel = "N", description = "How many at once, a table for each.")
    private List<Integer> clients = List.of(1, 4, 8, 16);

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Of each request, about.")
    private int promptTokens = 128;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each answer.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each server; one more warms up.")
    private int rounds = 5;

    @Option(names = "--requests", paramLabel = "N", description = "Of each client in a round.")
    private int requests = 3;

    @Option(names = "--temperature", paramLabel = "T", description = "Sent with every request.")
    private double temperature;

    @Option(names = "--repeat", description = "The same prompts in every round, which shows the caches.")
    private boolean repeat;

    @Option(names = "--seed", paramLabel = "SEED", description = "The same seed makes the same prompts.")
    private long seed = 1;

    @Option(
            names = "--goodput",
            paramLabel = "TIMES",
            description = "Counts answers/s that keep to times in milliseconds: ttft:200,tpot:50,e2el:5000 or some of"
                    + " them, as vLLM's bench does.")
    private Optional<String> goodput;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draws tokens/s and TTFT against clients.")
    private Optional<Path> svg;

    private Optional<Objectives> objectives = Optional.empty();

    /** Names as GuideLLM and vLLM's bench print them; all but the first are better the smaller they are. */
    private enum Measure {
        OUTPUT_TOKENS("output tokens/s") {
            @Override
            double of(Figures figures) {
                return figures.tokensPerSecond();
            }
        },
        TTFT("TTFT p50, ms") {
            @Override
            double of(Figures figures) {
                return figures.firstToken().p50();
            }
        },
        TTFT_LATE("TTFT p99, ms") {
            @Override
            double of(Figures figures) {
                return figures.firstToken().p99();
            }
        },
        TPOT("TPOT mean, ms") {
            @Override
            double of(Figures figures) {
                double decode = figures.total().mean() - figures.firstToken().mean();
                double perAnswer = (double) figures.completionTokens() / Math.max(1, figures.completed());
                return decode / Math.max(1, perAnswer - 1);
            }
        },
        ITL("ITL p50, ms") {
            @Override
            double of(Figures figures) {
                return figures.tokenGap().p50();
            }
        },
        ITL_LATE("ITL p99, ms") {
            @Override
            double of(Figures figures) {
                return figures.tokenGap().p99();
            }
        },
        E2E("E2E p50, ms") {
            @Override
            double of(Figures figures) {
                return figures.total().p50();
            }
        };

        private final String label;

        Measure(String label) {
            this.label = label;
        }

        abstract double of(Figures figures);
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Target> targets = new ArrayList<>();
        try {
            targets.add(new Target(baseUrl, apiKey));
            others.forEach(url -> targets.add(new Target(url, Optional.empty())));
            objectives = goodput.map(Objectives::parse);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        var busy = new BusyMachine();
        Map<Integer, List<List<Figures>>> runs = new TreeMap<>();
        try {
            for (int count : clients) {
                List<List<Figures>> byTarget = turns(targets, count, busy);
                runs.put(count, byTarget);
                print(count, targets, byTarget);
            }
            if (busy.most() > QUIET) {
                spec.commandLine()
                        .getOut()
                        .printf(
                                "The machine was not quiet: before a round, while no server had work, %.0f %% of its processors' time was used.%n",
                                100 * busy.most());
            }
            if (svg.isPresent()) {
                Files.writeString(svg.get(), plot(targets, runs));
            }
            spec.commandLine().getOut().flush();
            return 0;
        } catch (LoadGenerator.TargetUnusable | IOException e) {
            spec.commandLine().getErr().println(e.getMessage());
            spec.commandLine().getErr().flush();
            return 1;
        }
    }

    /** The rounds that count, for each server. */
    private List<List<Figures>> turns(List<Target> targets, int count, BusyMachine busy)
            throws LoadGenerator.TargetUnusable, InterruptedException {
        List<List<Figures>> byTarget =
                targets.stream().<List<Figures>>map(_ -> new ArrayList<>()).toList();
        for (int round = 0; round <= rounds; round++) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < targets.size(); i++) {
                order.add(i);
            }
            Collections.rotate(order, round);
            busy.look();
            for (int i : order) {
                long prompts = repeat ? seed : seed + 1_000L * count + round;
                Figures figures = run(targets.get(i), count, prompts);
                if (round > 0) {
                    byTarget.get(i).add(figures);
                }
            }
        }
        return byTarget;
    }

    private Figures run(Target target, int count, long prompts) throws LoadGenerator.TargetUnusable {
        var workload = new Workload(
                new Lengths.Fixed(promptTokens),
                new Lengths.Fixed(outputTokens),
                0,
                true,
                true,
                OptionalDouble.of(temperature),
                OptionalLong.empty(),
                OptionalDouble.empty());
        var plan = new LoadPlan(
                new Arrivals.ClosedLoop(count),
                new LoadPlan.Extent.Requests(count * requests),
                0,
                workload,
                model,
                prompts,
                TIMEOUT);
        Figures figures = new LoadGenerator(target, plan, new MemoryWatch(List.of(), 1))
                .run()
                .figures();
        if (figures.completed() == 0) {
            throw new LoadGenerator.TargetUnusable(
                    "%s completed none of %d requests: %s".formatted(target, count * requests, figures.failures()));
        }
        return figures;
    }

    private void print(int count, List<Target> targets, List<List<Figures>> byTarget) {
        for (int other = 1; other < targets.size(); other++) {
            TextTable table = new TextTable(
                    "%d clients, %d rounds".formatted(count, rounds),
                    targets.getFirst().toString(),
                    targets.get(other).toString(),
                    "ratio",
                    "lowest",
                    "highest");
            List<Figures> theirRounds = byTarget.get(other);
            for (Measure measure : Measure.values()) {
                row(table, measure.label, values(byTarget.getFirst(), measure), values(theirRounds, measure));
            }
            objectives.ifPresent(wanted ->
                    row(table, "goodput, answers/s", rates(byTarget.getFirst(), wanted), rates(theirRounds, wanted)));
            table.row("failed requests", failed(byTarget.getFirst()), failed(theirRounds), "", "", "");
            spec.commandLine().getOut().println(table);
            spec.commandLine().getOut().flush();
        }
    }

    private static void row(TextTable table, String label, List<Double> ours, List<Double> theirs) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(ours.get(i) / theirs.get(i)); // of one round, so of the same prompts
        }
        Spread ratio = Spread.of(ratios);
        table.row(
                label,
                "%.1f".formatted(Spread.of(ours).median()),
                "%.1f".formatted(Spread.of(theirs).median()),
                "%.2f".formatted(ratio.median()),
                "%.2f".formatted(ratio.lowest()),
                "%.2f".formatted(ratio.highest()));
    }

    private static List<Double> rates(List<Figures> rounds, Objectives objectives) {
        return rounds.stream().map(figures -> figures.goodput(objectives)).toList();
    }

    private static String failed(List<Figures> rounds) {
        return Long.toString(rounds.stream().mapToLong(Figures::failed).sum());
    }

    private static List<Double> values(List<Figures> rounds, Measure measure) {
        return rounds.stream().map(measure::of).toList();
    }

    private static String plot(List<Target> targets, Map<Integer, List<List<Figures>>> runs) {
        List<Plot> plots = new ArrayList<>();
        for (Measure measure : List.of(Measure.OUTPUT_TOKENS, Measure.TTFT)) {
            Map<String, TreeMap<Integer, Double>> lines = new LinkedHashMap<>();
            for (int i = 0; i < targets.size(); i++) {
                TreeMap<Integer, Double> line = new TreeMap<>();
                for (Map.Entry<Integer, List<List<Figures>>> run : runs.entrySet()) {
                    line.put(
                            run.getKey(),
                            Spread.of(values(run.getValue().get(i), measure)).median());
                }
                lines.put(targets.get(i).toString(), line);
            }
            plots.add(new Plot(measure.label, "clients", lines));
        }
        return Plot.svg(plots);
    }
}
