package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.ConnectionLimits;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How much of {@code gufo serve} a client may take up: options, filled by picocli. */
final class ConnectionOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--header-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_HEADER_SECONDS + "s",
            converter = Converters.Time.class,
            description = "How long a request's line and headers may take" + DEFAULT)
    Duration headerTimeout = Duration.ZERO;

    @Option(
            names = "--body-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_BODY_MINUTES + "m",
            converter = Converters.Time.class,
            description = "How long a request's body may take" + DEFAULT)
    Duration bodyTimeout = Duration.ZERO;

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_IDLE_SECONDS + "s",
            converter = Converters.Time.class,
            description =
                    "How long a connection may stand still: without a request, within one, or with an answer that is not read"
                            + DEFAULT)
    Duration idleTimeout = Duration.ZERO;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "" + ConnectionLimits.DEFAULT_CONNECTIONS,
            description = "Connections at once, to each port; more wait" + DEFAULT)
    int maxConnections;

    @Option(
            names = "--max-connections-per-address",
            paramLabel = "N",
            description =
                    "Connections at once from one address, to each port; more are closed. 127.0.0.1 and ::1 may have all"
                            + " (default: a quarter of --max-connections).")
    Integer maxConnectionsPerAddress;

    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            defaultValue = ServerSettings.DEFAULT_MAX_BODY_MIB + "MiB",
            converter = Converters.ByteSize.class,
            description = "Largest request body: bytes, or with KiB, MiB, GiB" + DEFAULT)
    long maxBodyBytes;

    /** @throws UsageException if a body may be larger than the heap has room for */
    void into(ServerSettings.Builder settings) {
        settings.connections(connections()).maxBodyBytes(largestBody());
    }

    private ConnectionLimits connections() {
        var limits = new ConnectionLimits(headerTimeout, bodyTimeout, idleTimeout, maxConnections);
        return maxConnectionsPerAddress == null ? limits : limits.with(maxConnectionsPerAddress);
    }

    /** As it was asked for, or by default as much as the heap has room for. */
    private long largestBody() {
        long most = new BodyRoom(Runtime.getRuntime().maxMemory()).largestBody();
        if (maxBodyBytes <= most) {
            return maxBodyBytes;
        }
        if (maxBodyBytes == ServerSettings.DEFAULT.maxBodyBytes()) {
            return most;
        }
        long heap = BodyRoom.heapFor(maxBodyBytes) >> 20;
        throw new UsageException(
                "--max-body: bodies of %d bytes need a heap of %d MiB, and this one has room for bodies of %d; set GUFO_JAVA_OPTS=-Xmx%dm"
                        .formatted(maxBodyBytes, heap, most, heap + heap / 16));
    }
}
