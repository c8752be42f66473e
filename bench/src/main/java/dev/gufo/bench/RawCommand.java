package dev.gufo.bench;

import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench raw}: the ceiling for one model on this machine. */
@Command(
        name = "raw",
        description = "Decodes with nothing around it: the speed that a server can at best come close to.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class RawCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file.")
    private Path model;

    @Option(names = "--natives", required = true, paramLabel = "DIR", description = "The llama.cpp libraries.")
    private Path natives;

    @Option(names = "--sequences", split = ",", paramLabel = "N", description = "How many at once, one run for each.")
    private List<Integer> sequences = List.of(1, 4, 16);

    @Option(names = "--prompt-tokens", paramLabel = "N", description = "Of each sequence.")
    private int promptTokens = 32;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Of each sequence.")
    private int outputTokens = 128;

    @Option(names = "--rounds", paramLabel = "N", description = "The median counts; one more warms up.")
    private int rounds = 5;

    @Option(names = "--threads", paramLabel = "N", description = "Default: one a core.")
    private int threads = Cores.ofThisProcess().threads();

    @Option(names = "--gpu-layers", paramLabel = "N", description = "-1 for all.")
    private int gpuLayers = -1;

    @Option(names = "--step-tokens", paramLabel = "N", description = "Tokens of one decode call.")
    private int stepTokens = 512;

    @Override
    public Integer call() {
        LlamaLibrary library = LlamaLibrary.load(natives);
        TextTable table = new TextTable("sequences", "tokens/s", "decode tokens/s", "prefill ms");
        try (LlamaModel loaded = LlamaModel.load(library, model, gpuLayers, percent -> {})) {
            for (int count : sequences) {
                RawLoop.Round round = median(loaded, new RawLoop.Shape(count, promptTokens, outputTokens));
                table.row(
                        Integer.toString(count),
                        "%.1f".formatted(round.tokensPerSecond()),
                        "%.1f".formatted(round.decodeTokensPerSecond()),
                        Long.toString(round.prefill().toMillis()));
            }
        }
        spec.commandLine().getOut().print(table);
        spec.commandLine().getOut().flush();
        return 0;
    }

    private RawLoop.Round median(LlamaModel loaded, RawLoop.Shape shape) {
        List<RawLoop.Round> measured = new ArrayList<>();
        try (RawLoop loop = new RawLoop(loaded, shape, threads, stepTokens, 1)) {
            loop.round();
            for (int i = 0; i < rounds; i++) {
                measured.add(loop.round());
            }
        }
        measured.sort(Comparator.comparingDouble(RawLoop.Round::tokensPerSecond));
        return measured.get(measured.size() / 2);
    }
}
