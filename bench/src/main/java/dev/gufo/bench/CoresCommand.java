package dev.gufo.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench cores}: what is left of a model's speed when another model, or another program, wants the cores too.
 * Servers take turns, with the same prompts in a round and new ones in the next, so that none answers from a cache;
 * medians count.
 */
@Command(
        name = "cores",
        description =
                "Measures chat and embeddings alone, beside each other, and beside a program that always wants a core.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class CoresCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int PROMPT_TOKENS = 32;
    private static final int SHORT_ANSWER = 4;
    private static final int WORDS = 24;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file for chat.")
    private Path model;

    @Option(names = "--embeddings", required = true, paramLabel = "PATH", description = "A GGUF file for embeddings.")
    private Path embeddings;

    @Option(
            names = "--gufo",
            required = true,
            paramLabel = "PATH",
            description = "bin/gufo of a distribution; repeatable, to compare several in one run.")
    private List<Path> launchers;

    @Option(names = "--peer", paramLabel = "PATH", description = "llama-server, to compare with: one for each model.")
    private Path peer;

    @Option(names = "--clients", paramLabel = "N", description = "Of the chat model; the other one has one.")
    private int clients = 1;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each answer.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each server; one more warms up.")
    private int rounds = 3;

    @Option(names = "--seconds", paramLabel = "N", description = "Of each measurement in a turn.")
    private int seconds = 5;

    /** What is measured, in the order of a turn, and what of it is compared with which other one. */
    private enum Measure {
        CHAT("chat alone", "tokens/s"),
        EMBEDDINGS("embeddings alone", "texts/s"),
        SHORT("%d tokens alone".formatted(SHORT_ANSWER), "ms"),
        CHAT_BESIDE("chat beside embeddings", "tokens/s", CHAT),
        EMBEDDINGS_BESIDE("embeddings beside chat", "texts/s", EMBEDDINGS),
        CHAT_BUSY("chat beside a busy program", "tokens/s", CHAT),
        SHORT_BUSY("%d tokens beside a busy program".formatted(SHORT_ANSWER), "ms", SHORT);

        private final String label;
        private final String unit;
        private final Optional<Measure> alone;

        Measure(String label, String unit) {
            this.label = label;
            this.unit = unit;
            alone = Optional.empty();
        }

        Measure(String label, String unit, Measure alone) {
            this.label = label;
            this.unit = unit;
            this.alone = Optional.of(alone);
        }
    }

    /** A server, or a pair of them, that runs both models. */
    private record Server(String name, Target chat, Target embeddings, AutoCloseable process) {}

    @Override
    public Integer call() throws Exception {
        List<Server> servers = new ArrayList<>();
        try {
            start(servers);
            Map<Server, Map<Measure, List<Double>>> measured = new LinkedHashMap<>();
            servers.forEach(server -> measured.put(server, new EnumMap<>(Measure.class)));
            for (int round = 0; round <= rounds; round++) {
                for (Server server : servers) {
                    Map<Measure, Double> turn = turn(server, round);
                    if (round > 0) {
                        turn.forEach((what, value) -> requireNonNull(measured.get(server))
                                .computeIfAbsent(what, _ -> new ArrayList<>())
                                .add(value));
                    }
                }
            }
            print(measured);
            return 0;
        } catch (LoadGenerator.TargetUnusable e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        } finally {
            for (Server server : servers) {
                server.process().close();
            }
        }
    }

    private void start(List<Server> servers) throws IOException, InterruptedException {
        List<String> second = List.of("--model", embeddings.toAbsolutePath().toString());
        for (Path launcher : launchers) {
            GufoProcess gufo = GufoProcess.start(launcher, model, 2_048, 4, second);
            var target = new Target(gufo.baseUrl(), Optional.empty());
            servers.add(new Server(launcher.toString(), target, target, gufo));
        }
        if (peer != null) {
            PeerProcess chat =
                    PeerProcess.start(peer, model, List.of("-c", "8192", "--parallel", "4", "--jinja", "--no-webui"));
            PeerProcess vectors;
            try {
                vectors = PeerProcess.start(peer, embeddings, List.of("--embeddings", "--no-webui"));
            } catch (IOException e) {
                chat.close();
                throw e;
            }
            servers.add(new Server(peer.toString(), chat.target(), vectors.target(), () -> {
                chat.close();
                vectors.close();
            }));
        }
    }

    private Map<Measure, Double> turn(Server server, int round) throws Exception {
        Map<Measure, Double> turn = new EnumMap<>(Measure.class);
        turn.put(Measure.CHAT, chat(server, outputTokens, 10L * round).tokensPerSecond());
        turn.put(Measure.EMBEDDINGS, textsPerSecond(server, 10L * round));
        turn.put(Measure.SHORT, shortAnswer(server, 10L * round + 1));
        CompletableFuture<Double> beside =
                CompletableFuture.supplyAsync(() -> textsPerSecond(server, 10L * round + 2), OWN_THREAD);
        turn.put(
                Measure.CHAT_BESIDE, chat(server, outputTokens, 10L * round + 2).tokensPerSecond());
        try {
            turn.put(Measure.EMBEDDINGS_BESIDE, beside.join());
        } catch (CompletionException e) {
            throw new IOException(requireNonNull(e.getCause()).getMessage(), e);
        }
        try (BusyProgram _ = BusyProgram.start()) {
            turn.put(Measure.SHORT_BUSY, shortAnswer(server, 10L * round + 3));
            turn.put(
                    Measure.CHAT_BUSY,
                    chat(server, outputTokens, 10L * round + 4).tokensPerSecond());
        }
        return turn;
    }

    private static final Executor OWN_THREAD =
            task -> Thread.ofPlatform().name("embeddings").start(task);

    private double shortAnswer(Server server, long seed) throws LoadGenerator.TargetUnusable {
        return chat(server, SHORT_ANSWER, seed).total().mean();
    }

    private Figures chat(Server server, int tokens, long seed) throws LoadGenerator.TargetUnusable {
        Workload workload = new Workload(
                new Lengths.Fixed(PROMPT_TOKENS),
                new Lengths.Fixed(tokens),
                0,
                true,
                true,
                OptionalDouble.of(0),
                OptionalLong.empty(),
                OptionalDouble.empty());
        LoadPlan plan = new LoadPlan(
                new Arrivals.ClosedLoop(clients),
                new LoadPlan.Extent.For(Duration.ofSeconds(seconds)),
                0,
                workload,
                Optional.of(name(model)),
                seed,
                TIMEOUT);
        return new LoadGenerator(server.chat(), plan, new MemoryWatch(List.of(), 1))
                .run()
                .figures();
    }

    /** One client that asks for the vector of one text at a time. */
    private double textsPerSecond(Server server, long seed) {
        var random = new SplittableRandom(seed);
        var prompts = new WordPrompts(0, seed);
        Target target = server.embeddings();
        int texts = 0;
        long begin = System.nanoTime();
        long end = begin + Duration.ofSeconds(seconds).toNanos();
        try (var loop = new EventLoop(target, TIMEOUT.toNanos())) {
            while (System.nanoTime() - end < 0) {
                byte[] body = "{\"model\":\"%s\",\"input\":\"%s\"}"
                        .formatted(name(embeddings), prompts.prompt(WORDS, random))
                        .getBytes(StandardCharsets.UTF_8);
                var status = new StatusOnly();
                var exchange = new RoundTrip(target.post("/embeddings", body), status, System.nanoTime());
                loop.perform(exchange);
                if (exchange.failure().isPresent() || status.status() != 200) {
                    throw new IllegalStateException("a request for embeddings failed with status " + status.status());
                }
                texts++;
            }
        }
        return texts * 1e9 / (System.nanoTime() - begin);
    }

    /** Gufo calls a model as its file is called; llama-server takes any name. */
    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("\\.gguf$", "");
    }

    private void print(Map<Server, Map<Measure, List<Double>>> measured) {
        measured.forEach((server, values) -> {
            TextTable table = new TextTable(server.name(), "median", "unit", "of alone", "lowest", "highest");
            for (Measure what : Measure.values()) {
                Spread spread = Spread.of(requireNonNull(values.get(what)));
                String ratio = what.alone
                        .map(alone -> "%.2f"
                                .formatted(spread.median()
                                        / Spread.of(requireNonNull(values.get(alone)))
                                                .median()))
                        .orElse("");
                table.row(
                        what.label,
                        "%.1f".formatted(spread.median()),
                        what.unit,
                        ratio,
                        "%.1f".formatted(spread.lowest()),
                        "%.1f".formatted(spread.highest()));
            }
            spec.commandLine().getOut().println(table);
        });
        spec.commandLine().getOut().flush();
    }
}
