package dev.gufo.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code gufo version}: this program's version and that of the llama.cpp release it is made for. */
@Command(name = "version", description = "Print the version of Gufo and of the llama.cpp it is made for.")
final class VersionCommand implements Callable<Integer> {
    private final PrintStream out;

    VersionCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        Properties versions = versions();
        out.printf("gufo %s%nllama.cpp %s%n", versions.getProperty("gufo"), versions.getProperty("llama.cpp"));
        return GufoCommand.DONE;
    }

    /** Written by the build from the POM. */
    static Properties versions() {
        var versions = new Properties();
        try (InputStream resource = VersionCommand.class.getResourceAsStream("versions.properties")) {
            versions.load(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
