package dev.gufo.server.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gufo render}. */
@Command(name = "render", description = "Print the exact prompt that a chat template makes of a conversation.")
final class RenderCommand implements Callable<Integer> {
    @Option(names = "--template", paramLabel = "FILE", required = true, description = "The Jinja template.")
    private Path template;

    @Option(names = "--conversation", paramLabel = "FILE", required = true, description = "JSON")
    private Path conversation;

    private final PrintStream out;

    RenderCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        out.print(template + " " + conversation);
        return GufoCommand.DONE;
    }
}
