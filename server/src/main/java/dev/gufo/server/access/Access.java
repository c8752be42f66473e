package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import io.javalin.security.RouteRole;

/** Lets a request through to its route if the route is open or the key is right. */
public final class Access {
    /** What a route asks of its callers; a route that does not say asks for a key. */
    public enum Rule implements RouteRole {
        /** Anyone may call it. */
        OPEN,
        /** A key is needed if keys are set. */
        KEY
    }

    private static final String SCHEME = "Bearer ";

    private final ApiKeys keys;

    public Access(ApiKeys keys) {
        this.keys = keys;
    }

    /**
     * Checks the key of a request whose route is known.
     *
     * @throws ApiException with {@link Problem.InvalidApiKey}
     */
    public void check(Context ctx) {
        if (!keys.required() || ctx.routeRoles().contains(Rule.OPEN)) {
            return;
        }
        String header = ctx.header("Authorization");
        boolean given = header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        String key = given ? header.substring(SCHEME.length()).strip() : "";
        if (!keys.contains(key)) {
            throw new ApiException(new Problem.InvalidApiKey(!key.isEmpty()));
        }
    }
}
