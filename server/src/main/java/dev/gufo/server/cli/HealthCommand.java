package dev.gufo.server.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gufo health}: whether a server on this machine is ready, as an exit status; for images without a shell or curl. */
@Command(
        name = "health",
        description = "Tell by the exit status whether a server on this machine is ready: 0 if so, else 1.")
final class HealthCommand implements Callable<Integer> {
    private static final int TIMEOUT_MILLIS = 5_000;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "${env:GUFO_PORT:-8080}",
            description = "The server's port (default: GUFO_PORT, else 8080).")
    int port;

    private final PrintStream out;

    HealthCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        URI ready = URI.create("http://127.0.0.1:%d/ready".formatted(port));
        try {
            HttpURLConnection connection = (HttpURLConnection) ready.toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            int status = connection.getResponseCode();
            out.println(status == HttpURLConnection.HTTP_OK ? "ready" : "not ready: status " + status);
            return status == HttpURLConnection.HTTP_OK ? GufoCommand.DONE : GufoCommand.FAILED;
        } catch (IOException e) {
            out.printf("not ready: %s does not answer%n", ready);
            return GufoCommand.FAILED;
        }
    }
}
