package dev.gufo.bench;

import dev.gufo.engine.Framing;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.EmbeddingLimits;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench embeddings}: short texts of many clients over HTTP against the binding alone with as many of them in a
 * batch. The two take turns; the median of the ratios counts.
 */
@Command(
        name = "embeddings",
        description = "Starts Gufo and compares its texts/s over HTTP with computing vectors and nothing around it.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class EmbeddingsCommand implements Callable<Integer> {
    private static final int WINDOW = 512;
    private static final long TIMEOUT_NANOS = 60_000_000_000L;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file of an encoder.")
    private Path model;

    @Option(names = "--natives", required = true, paramLabel = "DIR", description = "The llama.cpp libraries.")
    private Path natives;

    @Option(names = "--gufo", required = true, paramLabel = "PATH", description = "bin/gufo of a distribution.")
    private Path launcher;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Each with one request at a time, of one text; up to 64.")
    private int clients = 64;

    @Option(names = "--words", paramLabel = "N", description = "Of each text.")
    private int words = 8;

    @Option(names = "--texts", paramLabel = "N", description = "In each turn.")
    private int texts = 2_048;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each side; one more warms up.")
    private int rounds = 5;

    /** Texts/s of both sides. */
    private record Turn(double raw, double http) {
        double ratio() {
            return http / raw;
        }
    }

    @Override
    public Integer call() throws IOException {
        var prompts = new WordPrompts(0, 1);
        var random = new SplittableRandom(1);
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            inputs.add(prompts.prompt(words, random));
        }
        List<Turn> turns = new ArrayList<>();
        LlamaLibrary library = LlamaLibrary.load(natives);
        var limits =
                new EmbeddingLimits(WINDOW, WINDOW, true, Cores.ofThisProcess().threads());
        try (LlamaModel loaded = LlamaModel.load(library, model, -1, percent -> {});
                EmbeddingContext context = loaded.newEmbeddingContext(Pooling.MEAN, limits);
                TokenBatch batch = context.newBatch();
                GufoProcess gufo = GufoProcess.start(launcher, model, 8);
                EventLoop loop = new EventLoop(new Target(gufo.baseUrl(), Optional.empty()), TIMEOUT_NANOS)) {
            List<int[]> tokens = inputs.stream()
                    .map(text -> loaded.vocabulary()
                            .tokenize(
                                    new Rendering(List.of(new Segment(text, false))), Framing.INPUT, Integer.MAX_VALUE))
                    .toList();
            List<byte[]> requests = requests(new Target(gufo.baseUrl(), Optional.empty()), inputs);
            for (int i = 0; i <= rounds; i++) {
                Turn turn = new Turn(raw(context, batch, tokens), http(loop, requests));
                if (i > 0) {
                    turns.add(turn);
                }
            }
        }
        print(turns);
        return 0;
    }

    private static List<byte[]> requests(Target target, List<String> inputs) {
        return inputs.stream()
                .map(text -> target.post(
                        "/embeddings",
                        "{\"input\":\"%s\",\"encoding_format\":\"base64\"}"
                                .formatted(text)
                                .getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private double raw(EmbeddingContext context, TokenBatch batch, List<int[]> tokens) {
        long begin = System.nanoTime();
        for (int next = 0; next < tokens.size(); ) {
            batch.clear();
            int from = next;
            for (int sequence = 0;
                    sequence < clients && next < tokens.size() && tokens.get(next).length <= batch.room();
                    sequence++) {
                int[] input = tokens.get(next++);
                for (int position = 0; position < input.length; position++) {
                    batch.add(input[position], position, sequence, true);
                }
            }
            context.compute(batch);
            for (int i = from; i < next; i++) {
                context.vector(i - from, 0, tokens.get(i).length, tokens.get(i).length);
            }
            context.forgetAll();
        }
        return tokens.size() * 1e9 / (System.nanoTime() - begin);
    }

    private double http(EventLoop loop, List<byte[]> requests) throws IOException {
        long begin = System.nanoTime();
        int sent = 0;
        for (int done = 0; done < requests.size(); ) {
            while (sent < requests.size() && loop.inFlight() < clients) {
                loop.send(new RoundTrip(requests.get(sent++), new StatusOnly(), System.nanoTime()));
            }
            for (RoundTrip over : loop.turn(System.nanoTime() + TIMEOUT_NANOS)) {
                if (over.failure().isPresent() || ((StatusOnly) over.receiver()).status() != 200) {
                    throw new IOException("a request failed");
                }
                done++;
            }
        }
        return requests.size() * 1e9 / (System.nanoTime() - begin);
    }

    private void print(List<Turn> turns) {
        List<Turn> sorted = new ArrayList<>(turns);
        sorted.sort(Comparator.comparingDouble(Turn::ratio));
        Turn median = sorted.get(sorted.size() / 2);
        TextTable table = new TextTable("clients", "raw texts/s", "Gufo texts/s", "ratio", "lowest", "highest");
        table.row(
                Integer.toString(clients),
                "%.1f".formatted(median.raw()),
                "%.1f".formatted(median.http()),
                "%.3f".formatted(median.ratio()),
                "%.3f".formatted(sorted.getFirst().ratio()),
                "%.3f".formatted(sorted.getLast().ratio()));
        spec.commandLine().getOut().print(table);
        spec.commandLine().getOut().flush();
    }
}
