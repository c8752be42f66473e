package dev.gufo.server.http;

import com.google.errorprone.annotations.FormatMethod;
import java.time.Duration;

/**
 * How much of the server a client gets that only keeps it waiting.
 *
 * @param header how long a request's line and headers may take, from their first byte; 100 ms to 10 min
 * @param body how long a request's body may take, from the first byte that is read of it; 100 ms to 1 day
 * @param idle how long a connection may stand still, whoever it is that does not send or does not read; 100 ms to 1 day
 * @param connections most connections at once, to each port; who comes then waits for one to be closed; at least 1
 * @param perAddress most of them from one address, or one IPv6 network of 64 bits; at least 1
 */
public record ConnectionLimits(Duration header, Duration body, Duration idle, int connections, int perAddress) {
    private static final Duration LEAST = Duration.ofMillis(100);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int ADDRESSES = 4; // that may take all connections together

    public static final int DEFAULT_HEADER_SECONDS = 20;
    public static final int DEFAULT_BODY_MINUTES = 2;
    public static final int DEFAULT_IDLE_SECONDS = 60;
    public static final int DEFAULT_CONNECTIONS = 4_096;
    public static final ConnectionLimits DEFAULT = new ConnectionLimits(
            Duration.ofSeconds(DEFAULT_HEADER_SECONDS),
            Duration.ofMinutes(DEFAULT_BODY_MINUTES),
            Duration.ofSeconds(DEFAULT_IDLE_SECONDS),
            DEFAULT_CONNECTIONS);

    public ConnectionLimits {
        Duration longestHeader = Duration.ofMinutes(10);
        require(isWithin(header, longestHeader), "--header-timeout must be 100 ms to 10 min, is %s", header);
        require(isWithin(body, DAY), "--body-timeout must be 100 ms to 1 day, is %s", body);
        require(isWithin(idle, DAY), "--idle-timeout must be 100 ms to 1 day, is %s", idle);
        require(connections >= 1, "--max-connections must be at least 1, is %d", connections);
        require(perAddress >= 1, "--max-connections-per-address must be at least 1, is %d", perAddress);
    }

    /** With a quarter of all connections for an address, which is more than a reverse proxy needs. */
    public ConnectionLimits(Duration header, Duration body, Duration idle, int connections) {
        this(header, body, idle, connections, Math.max(1, connections / ADDRESSES));
    }

    /** The same with another number for an address. */
    public ConnectionLimits with(int mostOfAnAddress) {
        return new ConnectionLimits(header, body, idle, connections, mostOfAnAddress);
    }

    private static boolean isWithin(Duration time, Duration longest) {
        return time.compareTo(LEAST) >= 0 && time.compareTo(longest) <= 0;
    }

    @FormatMethod
    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
