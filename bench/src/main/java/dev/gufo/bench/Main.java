package dev.gufo.bench;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The command line of the bench: one subcommand for each thing that can be measured. */
@Command(
        name = "bench",
        description = "Measures Gufo, or any server that speaks OpenAI's chat API.",
        subcommands = {
            LoadCommand.class,
            RawCommand.class,
            CompareCommand.class,
            CompareWithCommand.class,
            BuildsCommand.class,
            BatchesCommand.class,
            GpuCommand.class,
            EmbeddingsCommand.class,
            CoresCommand.class,
            AccountingCommand.class,
            GrammarCommand.class,
            SoakCommand.class
        })
public final class Main {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    private Main() {}

    /**
     * Runs the subcommand named first in {@code args}; exit status 0, 1 if it could not measure, 2 for a wrong option.
     */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::wrongOption);
    }

    /** One sentence and where to read on, instead of the whole list of options. */
    private static int wrongOption(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("%s (%s --help lists what there is)"
                .formatted(e.getMessage(), command.getCommandSpec().qualifiedName()));
        err.flush();
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }
}
