package dev.gufo.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code bench builds}: whether one build of Gufo is slower or larger than another. Each turn starts one build, lets it
 * rest, warms it up, has it answer, and stops it; then comes the next build, with the same prompts. The first round
 * warms the disk's cache and makes each build's database, and does not count.
 */
@Command(
        name = "builds",
        description =
                "Compares builds of Gufo in turns: time to start, memory at rest, tokens/s, the server's CPU time.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class BuildsCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int PROMPT_TOKENS = 32;

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "GUFO",
            arity = "1..*",
            description = "bin/gufo of a distribution; ratios are to the first.")
    private List<Path> launchers;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file for chat.")
    private Path model;

    @Option(names = "--clients", split = ",", paramLabel = "N", description = "How many at once, one measurement each.")
    private List<Integer> clients = List.of(1, 4);

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each answer.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each build; one more warms up.")
    private int rounds = 5;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Of each measurement of speed, and of warming up before the first.")
    private int seconds = 5;

    @Option(names = "--rest", paramLabel = "N", description = "Seconds of rest before memory is read.")
    private int rest = 5;

    /** What is measured of a build, by label: values of the rounds that count. */
    private static final class Turns {
        private final Map<String, List<Double>> values = new LinkedHashMap<>();

        void add(Map<String, Double> turn) {
            turn.forEach((what, value) ->
                    values.computeIfAbsent(what, _ -> new ArrayList<>()).add(value));
        }
    }

    /** The processes of a server: itself, and its workers together. */
    private enum Part {
        SERVER,
        WORKERS
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (ScratchFolder data = ScratchFolder.make("gufo-builds")) {
            List<Turns> builds = launchers.stream().map(_ -> new Turns()).toList();
            for (int round = 0; round <= rounds; round++) {
                for (int i = 0; i < launchers.size(); i++) {
                    Map<String, Double> turn =
                            turn(launchers.get(i), data.path().resolve("build" + i), round);
                    if (round > 0) {
                        builds.get(i).add(turn);
                    }
                }
            }
            print(builds);
            return 0;
        } catch (LoadGenerator.TargetUnusable | IOException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
    }

    private Map<String, Double> turn(Path launcher, Path data, int round)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        Map<String, Double> turn = new LinkedHashMap<>();
        int most = clients.stream().mapToInt(Integer::intValue).max().orElse(1);
        long begin = System.nanoTime();
        try (GufoProcess gufo =
                GufoProcess.start(launcher, model, 2_048, most, List.of("--data-dir", data.toString()))) {
            turn.put("ready, s", (System.nanoTime() - begin) / 1e9);
            Thread.sleep(Duration.ofSeconds(rest));
            Map<Part, Double> memory = memory(gufo.handle());
            turn.put("server at rest, MiB", requireNonNull(memory.get(Part.SERVER)));
            turn.put("workers at rest, MiB", requireNonNull(memory.get(Part.WORKERS)));
            chat(gufo, most, 10L * round); // its code is compiled then
            for (int count : clients) {
                Duration before = cpu(gufo.handle());
                Figures figures = chat(gufo, count, 10L * round + count);
                long nanos = cpu(gufo.handle()).minus(before).toNanos();
                turn.put("%d clients, tokens/s".formatted(count), figures.tokensPerSecond());
                turn.put(
                        "%d clients, µs of the server's CPU a token".formatted(count),
                        nanos / 1e3 / Math.max(1, figures.completionTokens()));
            }
            memory = memory(gufo.handle());
            turn.put("server after load, MiB", requireNonNull(memory.get(Part.SERVER)));
            turn.put("workers after load, MiB", requireNonNull(memory.get(Part.WORKERS)));
        }
        return turn;
    }

    private static Duration cpu(ProcessHandle server) {
        return server.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Resident memory; pages that processes share count in each. */
    private static Map<Part, Double> memory(ProcessHandle server) {
        Map<Part, Double> memory = new EnumMap<>(Part.class);
        memory.put(Part.SERVER, resident(Stream.of(server)));
        memory.put(Part.WORKERS, resident(server.descendants()));
        return memory;
    }

    private static double resident(Stream<ProcessHandle> processes) {
        var watch = new MemoryWatch(processes.map(ProcessHandle::pid).toList(), 1);
        return watch.end().stream()
                        .mapToLong(MemoryWatch.ProcessMemory::maxRssKiB)
                        .sum()
                / 1024.0;
    }

    private Figures chat(GufoProcess gufo, int count, long seed) throws LoadGenerator.TargetUnusable {
        Workload workload = new Workload(
                new Lengths.Fixed(PROMPT_TOKENS),
                new Lengths.Fixed(outputTokens),
                0,
                true,
                true,
                OptionalDouble.of(0),
                OptionalLong.empty(),
                OptionalDouble.empty());
        LoadPlan plan = new LoadPlan(
                new Arrivals.ClosedLoop(count),
                new LoadPlan.Extent.For(Duration.ofSeconds(seconds)),
                0,
                workload,
                Optional.empty(),
                seed,
                TIMEOUT);
        return new LoadGenerator(new Target(gufo.baseUrl(), Optional.empty()), plan, new MemoryWatch(List.of(), 1))
                .run()
                .figures();
    }

    private void print(List<Turns> builds) {
        for (int i = 0; i < builds.size(); i++) {
            TextTable table = new TextTable(launchers.get(i).toString(), "median", "of the first", "lowest", "highest");
            Map<String, List<Double>> first = builds.getFirst().values;
            builds.get(i).values.forEach((what, values) -> {
                Spread spread = Spread.of(values);
                double reference = Spread.of(requireNonNull(first.get(what))).median();
                table.row(
                        what,
                        "%.2f".formatted(spread.median()),
                        reference == 0 ? "" : "%.2f".formatted(spread.median() / reference),
                        "%.2f".formatted(spread.lowest()),
                        "%.2f".formatted(spread.highest()));
            });
            spec.commandLine().getOut().println(table);
        }
        spec.commandLine().getOut().flush();
    }
}
