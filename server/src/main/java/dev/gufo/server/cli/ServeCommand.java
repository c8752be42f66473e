package dev.gufo.server.cli;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code gufo serve}: loads models and answers until it is told to stop. */
@Command(
        name = "serve",
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Serve models over HTTP.",
        footer =
                "%nEvery option may stand in the environment, for instance GUFO_CTX_SIZE=4096 or GUFO_API_KEY=one,two, and in the file"
                        + " named by --config. The command line beats the environment, and that beats the file.")
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private ServeOptions options;

    private final PrintStream err;

    ServeCommand(PrintStream err) {
        this.err = err;
    }

    ServeOptions options() {
        return options;
    }

    @Override
    public Integer call() {
        err.println("gufo: serve");
        return GufoCommand.DONE;
    }
}
