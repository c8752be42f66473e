package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.util.OptionalInt;
import java.util.function.IntSupplier;

/**
 * Where {@code /admin} is served.
 *
 * @param on whether at all
 * @param port a port of its own, 0 to 65535, where nothing else is; empty for beside everything else
 */
public record AdminPlace(boolean on, OptionalInt port) {
    public static final AdminPlace OFF = new AdminPlace(false, OptionalInt.empty());
    public static final AdminPlace BESIDE = new AdminPlace(true, OptionalInt.empty());

    public AdminPlace {
        if (port.isPresent() && (port.getAsInt() < 0 || port.getAsInt() > 65_535)) {
            throw new IllegalArgumentException("--admin must be on, off or a port from 0 to 65535");
        }
    }

    /** On a port of its own. */
    public static AdminPlace onPort(int port) {
        return new AdminPlace(true, OptionalInt.of(port));
    }

    /**
     * Keeps apart what is served on two ports: on each, the paths of the other do not exist. Parts of the page are on
     * both.
     *
     * @param adminPort the port that was really taken
     * @throws ApiException with {@link Problem.RouteNotFound}
     */
    public static void keepApart(Context ctx, IntSupplier adminPort) {
        if (ctx.path().startsWith("/web/")) {
            return;
        }
        boolean adminPath = ctx.path().equals("/admin") || ctx.path().startsWith("/admin/");
        boolean onAdminPort = ctx.req().getLocalPort() == adminPort.getAsInt();
        if (adminPath != onAdminPort) {
            throw new ApiException(new Problem.RouteNotFound(ctx.req().getMethod(), ctx.path()));
        }
    }
}
