package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Under which names the server may be asked. A web page whose name is made to lead to this machine (DNS rebinding) is
 * of the same origin as the server to its browser, so no CORS header keeps it out; but the browser sends the page's
 * name as {@code Host}, and an address or {@code localhost} is no name that a page from elsewhere can have.
 *
 * <p>Names are checked where they were listed, and where anyone may come in without a key: a page has no key. Safe for
 * any thread.
 */
public final class Hosts {
    /** Lists every name. */
    public static final String ALL = "*";

    /** What containers call the machine they run on; the domain {@code internal} is nobody's to register. */
    private static final Set<String> OF_CONTAINERS = Set.of("host.docker.internal", "host.containers.internal");

    private final Set<String> listed;
    private final String own;
    private final BooleanSupplier keyless;

    /**
     * @param listed names that the operator allows, without ports; {@link #ALL} for any
     * @param own the name or address that the server was told to listen on
     * @param keyless whether anyone may come in without a key
     */
    public Hosts(Collection<String> listed, String own, BooleanSupplier keyless) {
        this.listed = listed.stream().map(Hosts::plain).collect(Collectors.toUnmodifiableSet());
        this.own = plain(own);
        this.keyless = keyless;
    }

    /**
     * Refuses a request that was sent to a name which is not this server's. The name is that of an absolute target,
     * else of {@code Host}, with any port; a request of HTTP/1.0 without either, which no browser sends, passes. What a
     * proxy says in {@code X-Forwarded-Host} does not count.
     *
     * @throws ApiException with {@link Problem.UnknownHost}
     */
    public void check(Context ctx) {
        String name = ctx.req().getServerName();
        if (name != null && !isOurs(plain(name)) && (!listed.isEmpty() || keyless.getAsBoolean())) {
            throw new ApiException(new Problem.UnknownHost(name));
        }
    }

    private boolean isOurs(String name) {
        return listed.contains(ALL)
                || listed.contains(name)
                || name.equals(own)
                || name.equals("localhost")
                || name.endsWith(".localhost")
                || OF_CONTAINERS.contains(name)
                || isAddress(name);
    }

    /** Any address: the page of an address is served from there, so its browser looks up no name. */
    private static boolean isAddress(String name) {
        try {
            return !InetAddress.ofLiteral(name).getHostAddress().isEmpty();
        } catch (IllegalArgumentException noAddress) {
            return false;
        }
    }

    /** Names are told apart in lower case, with no dot at the end and no brackets. */
    private static String plain(String name) {
        String lower = name.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
