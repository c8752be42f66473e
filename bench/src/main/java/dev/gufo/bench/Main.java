package dev.gufo.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the bench: one subcommand for each thing that can be measured. */
@Command(
        name = "bench",
        description = "Measures Gufo, or any server that speaks OpenAI's chat API.",
        mixinStandardHelpOptions = true,
        subcommands = {LoadCommand.class, RawCommand.class})
public final class Main {
    private Main() {}

    /** Runs the subcommand named first in {@code args}; exit status 0, 1 if it could not measure, 2 for a wrong option. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main());
    }
}
