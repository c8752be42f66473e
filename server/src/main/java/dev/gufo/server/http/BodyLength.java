package dev.gufo.server.http;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import io.javalin.security.RouteRole;

/**
 * Refuses bodies by the length they are announced with, before anything of them is read: reading would ask a client
 * that waits with {@code Expect: 100-continue} for all of it.
 *
 * @param maxBytes largest body
 */
public record BodyLength(long maxBytes) {
    /** What a route says of the bodies that it takes. */
    public enum Rule implements RouteRole {
        /** They are not held in memory, and the route limits them itself. */
        OWN_LIMIT
    }

    /**
     * Refuses a body that says it is longer.
     *
     * @throws ApiException with {@link Problem.BodyTooLarge}
     */
    public void check(Context ctx) {
        if (ctx.req().getContentLengthLong() > maxBytes && !ctx.routeRoles().contains(Rule.OWN_LIMIT)) {
            throw new ApiException(new Problem.BodyTooLarge(maxBytes));
        }
    }
}
