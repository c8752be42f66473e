package dev.gufo.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * {@code gufo health}: whether a server is ready, as an exit status; for images without a shell or curl. It finds the
 * server where {@code gufo serve} with the same options, environment and settings file listens.
 */
@Command(
        name = "health",
        description = "Tell by the exit status whether the server is ready: 0 if so, else 1 with the reason.",
        footer =
                "%nThe address is that of gufo serve: from the options, else GUFO_HOST and GUFO_PORT, else the settings file.")
final class HealthCommand implements Callable<Integer> {
    private static final Set<String> PLACE = Set.of("--host", "--port");
    private static final int TIMEOUT_MILLIS = 5_000;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "The server's address; of one that listens on all addresses this machine's own is asked"
                    + " (default: ${DEFAULT-VALUE}).")
    String host = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "The server's port (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(names = "--config", paramLabel = "FILE", description = "The server's settings file, to find both in.")
    Path config;

    private final PrintStream out;

    HealthCommand(PrintStream out) {
        this.out = out;
    }

    /** Takes these options, and no others that happen to have the same name, from where {@code gufo serve} has them. */
    static IDefaultValueProvider placeFrom(Layers layers) {
        return argument -> argument instanceof OptionSpec option && PLACE.contains(option.longestName())
                ? layers.defaultValue(argument)
                : null;
    }

    @Override
    public Integer call() {
        if (port < 1 || port > 65_535) {
            throw new UsageException("--port must be the port of a running server, 1 to 65535, is " + port);
        }
        String reason = "";
        for (String address : addresses()) {
            URI ready = URI.create("http://%s:%d/ready".formatted(address, port));
            try {
                reason = ask(ready);
                break;
            } catch (IOException e) {
                reason = "%s does not answer: %s".formatted(ready, Reasons.of(e));
            }
        }
        out.println(reason.isEmpty() ? "ready" : "not ready: " + reason);
        return reason.isEmpty() ? GufoCommand.DONE : GufoCommand.FAILED;
    }

    /**
     * Where to ask, in order: a server on all addresses of IPv6 has those of IPv4 too, unless the system keeps them
     * apart.
     */
    private List<String> addresses() {
        String bare = host.replaceAll("[\\[\\]]", "").strip();
        if (bare.isEmpty()) {
            throw new UsageException("--host must not be empty");
        }
        try {
            InetAddress address = InetAddress.ofLiteral(bare);
            boolean isV6 = address instanceof Inet6Address;
            if (address.isAnyLocalAddress()) {
                return isV6 ? List.of("[::1]", "127.0.0.1") : List.of("127.0.0.1");
            }
            return List.of(isV6 ? "[" + bare.replace("%", "%25") + "]" : bare);
        } catch (IllegalArgumentException name) {
            if (!bare.matches("[\\w.-]+")) {
                throw new UsageException("--host must be an address or a name, is " + host);
            }
            return List.of(bare);
        }
    }

    /** Why the server is not ready; {@code ""} if it is. */
    private static String ask(URI ready) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) ready.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        int status = connection.getResponseCode();
        if (status == HttpURLConnection.HTTP_OK) {
            return "";
        }
        try (InputStream body = connection.getErrorStream()) {
            return message(body) + " (status %d)".formatted(status);
        }
    }

    /** The error's message; something else than Gufo may answer, so it need not be there. */
    private static String message(InputStream body) {
        if (body == null) {
            return "it does not say why";
        }
        try (JsonParser json = new JsonFactory().createParser(body)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME && json.currentName().equals("message")) {
                    return json.nextTextValue();
                }
            }
            return "it does not say why";
        } catch (IOException e) {
            return "its answer is not Gufo's";
        }
    }
}
