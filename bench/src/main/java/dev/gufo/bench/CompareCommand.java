package dev.gufo.bench;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench compare}: Gufo over HTTP against the raw loop, on the CPU. */
@Command(
        name = "compare",
        description = "Starts Gufo and compares its tokens/s over HTTP, streamed, with decoding and nothing around it.",
        sortOptions = false,
        showDefaultValues = true)
final class CompareCommand implements Callable<Integer> {
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

    @Override
    public Integer call() throws IOException, InterruptedException {
        int most = sequences.stream().mapToInt(Integer::intValue).max().orElse(1);
        TextTable table = Comparison.newTable();
        var comparison = new Comparison(promptTokens, outputTokens, rounds, requests);
        LlamaLibrary library = LlamaLibrary.load(natives);
        try (GufoProcess gufo = GufoProcess.start(launcher, model, most);
                LlamaModel loaded = LlamaModel.load(library, model, 0, percent -> {})) {
            for (int count : sequences) {
                Comparison.addRow(table, count, comparison.turns(gufo, loaded, ComputeSettings.DEFAULT, count));
            }
        } catch (LoadGenerator.TargetUnusable e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
        spec.commandLine().getOut().print(table);
        spec.commandLine().getOut().flush();
        return 0;
    }
}
