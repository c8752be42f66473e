package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Which web pages may call the API from a browser: those served by this machine, and those that the operator named.
 * Others get no CORS headers, so that the browser withholds the answer from them.
 */
public final class Cors {
    private static final Pattern LOOPBACK = Pattern.compile("https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?");
    private static final String EXPOSED = "x-request-id, retry-after, retry-after-ms, x-ratelimit-limit-requests,"
            + " x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens,"
            + " x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-gufo-not-enforced, x-gufo-left-out,"
            + " request-id, x-model-digest, x-cache, gufo-version";
    private static final Pattern HEADER_NAMES = Pattern.compile("[A-Za-z0-9_, -]{1,2000}");

    private final Set<String> origins;

    /** @param origins as browsers send them, {@code scheme://host[:port]}; {@code *} allows all */
    public Cors(Iterable<String> origins) {
        this.origins = Set.copyOf(java.util.stream.StreamSupport.stream(origins.spliterator(), false)
                .toList());
    }

    /**
     * Adds the headers for the request's origin, and answers {@code OPTIONS}.
     *
     * @param methods what the path takes; empty if there is no such path
     * @throws ApiException with {@link Problem.RouteNotFound} for {@code OPTIONS} of a path that does not exist
     */
    public void apply(Context ctx, Supplier<List<String>> methods) {
        String origin = ctx.header("Origin");
        boolean allowed = false;
        if (origin != null && allows(origin)) {
            allowed = true;
            ctx.header("Access-Control-Allow-Origin", origin)
                    .header("Access-Control-Expose-Headers", EXPOSED)
                    .header("Vary", "Origin");
        }
        if (ctx.req().getMethod().equals("OPTIONS")) {
            String all = allow(ctx, methods.get());
            ctx.header("Allow", all);
            if (allowed) {
                ctx.header("Access-Control-Allow-Methods", all).header("Access-Control-Max-Age", "600");
                String wanted = ctx.header("Access-Control-Request-Headers");
                if (wanted != null && HEADER_NAMES.matcher(wanted).matches()) {
                    ctx.header("Access-Control-Allow-Headers", wanted);
                }
            }
            ctx.status(io.javalin.http.HttpStatus.NO_CONTENT).skipRemainingHandlers();
        }
    }

    private static String allow(Context ctx, List<String> methods) {
        if (methods.isEmpty()) {
            throw new ApiException(new Problem.RouteNotFound("OPTIONS", ctx.path()));
        }
        var all = new ArrayList<>(methods);
        if (methods.contains("GET")) {
            all.add("HEAD");
        }
        all.add("OPTIONS");
        return String.join(", ", all);
    }

    private boolean allows(String origin) {
        return origins.contains("*")
                || origins.contains(origin)
                || LOOPBACK.matcher(origin).matches();
    }
}
