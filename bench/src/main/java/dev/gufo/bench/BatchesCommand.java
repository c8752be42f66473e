package dev.gufo.bench;

import dev.gufo.bench.BatchClient.Batch;
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
 * {@code bench batches}: what a batch costs those who chat beside it, how fast it is alone, and how much of a common
 * beginning it computes once. Rounds with and without take turns; the first one warms up.
 */
@Command(
        name = "batches",
        description =
                "Measures batches: the time to the first token beside one, its speed alone, prompts with one beginning.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class BatchesCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final int CONTEXT_TOKENS = 2_048;

    /** Lines of the batch beside others, for each request and sequence: more than are done meanwhile. */
    private static final int LINES_PER_REQUEST = 10;

    /** Prompts of different measurements are different. */
    private static final long BESIDE = 1_000;

    private static final long ALONE = 2_000;
    private static final long SHARED = 3_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--gufo", required = true, paramLabel = "PATH", description = "bin/gufo of a distribution.")
    private Path launcher;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file for chat.")
    private Path model;

    @Option(names = "--parallel", paramLabel = "N", description = "Sequences of the server.")
    private int sequences = 4;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each side; one more warms up.")
    private int rounds = 5;

    @Option(names = "--clients", paramLabel = "N", description = "Who chat beside the batch, one request at a time.")
    private int clients = 2;

    @Option(names = "--requests", paramLabel = "N", description = "Of each client in a turn.")
    private int requests = 50;

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Of each request and line, about.")
    private int promptTokens = 128;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each answer.")
    private int outputTokens = 64;

    @Option(names = "--lines", paramLabel = "N", description = "Of the batch that is alone.")
    private int lines = 200;

    @Option(names = "--shared-lines", paramLabel = "N", description = "Of the batch with one beginning; 0 for none.")
    private int sharedLines = 1_000;

    @Option(
            names = "--shared-tokens",
            paramLabel = "N",
            description = "Of the common beginning; a quarter of --prompt-tokens follows.")
    private int sharedTokens = 1_024;

    /** What prompts are made with: the server's model, and how many tokens its words have. */
    private record Words(String model, double tokensPerWord) {}

    @Override
    public Integer call() throws InterruptedException {
        try (ScratchFolder data = ScratchFolder.make("gufo-batches")) {
            try (GufoProcess gufo = gufo(data.path().resolve("beside"), List.of());
                    var batches = new BatchClient(gufo.baseUrl())) {
                var target = new Target(gufo.baseUrl(), Optional.empty());
                Words words = words(target);
                beside(target, batches, words);
                if (sharedLines > 0) {
                    oneBeginning(batches, words);
                }
            }
            List<String> alone = List.of("--batch-share", "1", "--cache-ram", "0"); // no turn finds the other's prompts
            try (GufoProcess gufo = gufo(data.path().resolve("alone"), alone);
                    var batches = new BatchClient(gufo.baseUrl())) {
                var target = new Target(gufo.baseUrl(), Optional.empty());
                alone(target, batches, words(target));
            }
            return 0;
        } catch (LoadGenerator.TargetUnusable | IOException e) {
            spec.commandLine().getErr().println(e.getMessage());
            spec.commandLine().getErr().flush();
            return 1;
        }
    }

    private GufoProcess gufo(Path data, List<String> more) throws IOException {
        var options =
                new ArrayList<>(List.of("--host", "127.0.0.1", "--log-level", "warn", "--data-dir", data.toString()));
        options.addAll(more);
        return GufoProcess.start(launcher, model, CONTEXT_TOKENS, sequences, options);
    }

    private Words words(Target target) throws LoadGenerator.TargetUnusable {
        LoadReport report =
                run(target, workload(promptTokens, 0, true, OptionalDouble.empty()), Optional.empty(), 1, 1, 0);
        return new Words(report.model(), report.tokensPerWord());
    }

    private Workload workload(int tokens, int shared, boolean stream, OptionalDouble tokensPerWord) {
        return new Workload(
                new Lengths.Fixed(tokens),
                new Lengths.Fixed(outputTokens),
                shared,
                stream,
                true,
                OptionalDouble.of(0),
                OptionalLong.empty(),
                tokensPerWord);
    }

    private Workload workload(Words words, boolean stream) {
        return workload(promptTokens, 0, stream, OptionalDouble.of(words.tokensPerWord()));
    }

    private static LoadReport run(
            Target target, Workload workload, Optional<String> model, int clients, int requests, long seed)
            throws LoadGenerator.TargetUnusable {
        var plan = new LoadPlan(
                new Arrivals.ClosedLoop(clients),
                new LoadPlan.Extent.Requests(requests),
                0,
                workload,
                model,
                seed,
                TIMEOUT);
        LoadReport report = new LoadGenerator(target, plan, new MemoryWatch(List.of(), 1)).run();
        if (report.figures().failed() > 0) {
            throw new LoadGenerator.TargetUnusable("%d of %d requests failed: %s"
                    .formatted(
                            report.figures().failed(),
                            requests,
                            report.figures().failures()));
        }
        return report;
    }

    private Figures chat(Target target, Words words, long seed) throws LoadGenerator.TargetUnusable {
        return run(target, workload(words, true), Optional.of(words.model()), clients, clients * requests, seed)
                .figures();
    }

    /** The same prompts as {@link #run} makes of such a workload. */
    private static ChatRequests requests(Workload workload, Words words, long seed) {
        return new ChatRequests(
                workload, words.model(), new TokenRate(words.tokensPerWord(), TokenRate.ENGLISH.overhead()), seed);
    }

    /** What was measured of a turn beside a batch. */
    private record Beside(Figures figures, int lines) {}

    private void beside(Target target, BatchClient batches, Words words)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        var early = new InTurns();
        var late = new InTurns();
        var gaps = new InTurns();
        int done = 0;
        for (int round = 0; round <= rounds; round++) {
            long seed = BESIDE + 2L * round;
            boolean batchFirst = round % 2 == 1;
            Optional<Beside> before =
                    batchFirst ? Optional.of(besideBatch(target, batches, words, seed)) : Optional.empty();
            Figures without = chat(target, words, seed + 1);
            Beside with = before.isPresent() ? before.get() : besideBatch(target, batches, words, seed);
            if (round > 0) {
                early.add(
                        without.firstToken().p50(), with.figures().firstToken().p50());
                late.add(without.firstToken().p99(), with.figures().firstToken().p99());
                gaps.add(without.tokenGap().p50(), with.figures().tokenGap().p50());
                done += with.lines();
            }
        }
        TextTable table = InTurns.newTable(
                "%d clients, %d requests a turn, %d rounds".formatted(clients, clients * requests, rounds),
                "without",
                "beside a batch");
        early.addRow(table, "TTFT p50, ms");
        late.addRow(table, "TTFT p99, ms");
        gaps.addRow(table, "ITL p50, ms");
        print(table + "Lines of the batch in a turn: %d".formatted(done / Math.max(1, rounds)));
    }

    private Beside besideBatch(Target target, BatchClient batches, Words words, long seed)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        int load = LINES_PER_REQUEST * requests * sequences;
        String file = batches.upload(requests(workload(words, false), words, -seed), load);
        Batch batch = batches.start(file);
        Batch running = batches.await(batch.id(), now -> now.completed() > 0);
        Figures figures = chat(target, words, seed);
        Batch after = batches.look(batch.id());
        if (running.ended() || after.ended()) {
            throw new IOException(
                    "a batch of %d lines did not last as long as a turn, it is %s".formatted(load, after.status()));
        }
        batches.cancel(batch.id());
        batches.await(batch.id(), Batch::ended);
        return new Beside(figures, after.completed() - running.completed());
    }

    private void oneBeginning(BatchClient batches, Words words) throws IOException, InterruptedException {
        Workload workload = workload(
                sharedTokens + promptTokens / 4, sharedTokens, false, OptionalDouble.of(words.tokensPerWord()));
        long begin = System.nanoTime();
        Batch batch = whole(batches, requests(workload, words, SHARED), sharedLines);
        print(
                "%d lines with one beginning of about %d tokens: %d prompt tokens, of which %d (%.1f %%) came from the cache; %.1f s"
                        .formatted(
                                sharedLines,
                                sharedTokens,
                                batch.inputTokens(),
                                batch.cachedTokens(),
                                100 * batch.cachedShare(),
                                (System.nanoTime() - begin) / 1e9));
    }

    private static Batch whole(BatchClient batches, ChatRequests requests, int lines)
            throws IOException, InterruptedException {
        return answered(batches, batches.upload(requests, lines), lines);
    }

    private static Batch answered(BatchClient batches, String file, int lines)
            throws IOException, InterruptedException {
        Batch batch = batches.start(file);
        Batch ended = batches.await(batch.id(), Batch::ended);
        if (ended.completed() < lines) {
            throw new IOException("of %d lines of a batch %d were answered, it is %s"
                    .formatted(lines, ended.completed(), ended.status()));
        }
        return ended;
    }

    private void alone(Target target, BatchClient batches, Words words)
            throws IOException, InterruptedException, LoadGenerator.TargetUnusable {
        var byLine = new InTurns();
        var byToken = new InTurns();
        for (int round = 0; round <= rounds; round++) {
            long seed = ALONE + round;
            String file = batches.upload(requests(workload(words, false), words, seed), lines);
            Optional<Figures> before = round % 2 == 1 ? Optional.of(loop(target, words, seed)) : Optional.empty();
            long begin = System.nanoTime();
            Batch batch = answered(batches, file, lines);
            double seconds = (System.nanoTime() - begin) / 1e9;
            Figures loop = before.isPresent() ? before.get() : loop(target, words, seed);
            if (round > 0) {
                byLine.add(loop.requestsPerSecond(), lines / seconds);
                byToken.add(loop.tokensPerSecond(), batch.outputTokens() / seconds);
            }
        }
        TextTable table = InTurns.newTable(
                "%d lines, %d sequences, %d rounds".formatted(lines, sequences, rounds),
                "%d clients in a loop".formatted(sequences),
                "a batch");
        byLine.addRow(table, "requests/s");
        byToken.addRow(table, "output tokens/s");
        print(table.toString());
    }

    private Figures loop(Target target, Words words, long seed) throws LoadGenerator.TargetUnusable {
        return run(target, workload(words, false), Optional.of(words.model()), sequences, lines, seed)
                .figures();
    }

    private void print(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }
}
