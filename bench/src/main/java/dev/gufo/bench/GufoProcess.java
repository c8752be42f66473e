package dev.gufo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** A Gufo that was started for a measurement, from its distribution, as a process of its own. */
final class GufoProcess implements AutoCloseable {
    private static final String READY = "Gufo is ready: ";

    private final Process process;
    private final URI baseUrl;

    private GufoProcess(Process process, URI baseUrl) {
        this.process = process;
        this.baseUrl = baseUrl;
    }

    /** With contexts of 2,048 tokens. */
    static GufoProcess start(Path launcher, Path model, int sequences) throws IOException {
        return start(launcher, model, 2_048, sequences, List.of());
    }

    /**
     * Starts it on a free port and waits until it is ready.
     *
     * @param launcher {@code bin/gufo} of a distribution
     * @param more options of {@code gufo serve}
     * @throws IOException if it can't be started, or ends before it is ready
     */
    static GufoProcess start(Path launcher, Path model, int contextTokens, int sequences, List<String> more)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                launcher.toString(),
                "serve",
                "--port",
                "0",
                "--model",
                model.toAbsolutePath().toString(),
                "--ctx-size",
                Integer.toString(contextTokens),
                "--parallel",
                Integer.toString(sequences)));
        command.addAll(more);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(READY)) {
                return new GufoProcess(process, URI.create(line.substring(READY.length())));
            }
        }
        process.destroy();
        throw new IOException("Gufo ended before it was ready");
    }

    /** The server; its workers are its descendants. */
    ProcessHandle handle() {
        return process.toHandle();
    }

    /** The process that has the model now, if there is one. */
    OptionalLong worker() {
        return process.children().mapToLong(ProcessHandle::pid).findFirst();
    }

    URI baseUrl() {
        return baseUrl;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
