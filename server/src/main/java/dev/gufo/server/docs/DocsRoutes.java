package dev.gufo.server.docs;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * {@code GET /openapi.json}: the API's description. {@code GET /docs}: the same as a page, in which requests can be
 * tried. Both are the same for every server of a version and tell nothing of its models, so they are open to everyone.
 * The page is Swagger UI from a jar on the class path, read anew for each request; browsers keep it.
 */
public final class DocsRoutes {
    private static final Map<String, String> TYPES = Map.of(
            "swagger-ui-bundle.js", "text/javascript; charset=utf-8",
            "swagger-ui.css", "text/css; charset=utf-8",
            "favicon-32x32.png", "image/png",
            "start.js", "text/javascript; charset=utf-8");
    private static final Set<String> OWN = Set.of("start.js");

    /**
     * Nothing is loaded from elsewhere, and the page can't be framed; Swagger UI's own pictures are data, its style
     * attributes inline.
     */
    private static final String POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
            + " object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._~:\\[\\]-]{1,255}");
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** A class of its own, so that the version is read on first use. */
    private static final class SwaggerUi {
        static final String FOLDER = "/META-INF/resources/webjars/swagger-ui/" + version() + "/";

        private static String version() {
            try {
                return ApiDocument.properties("/META-INF/maven/org.webjars/swagger-ui/pom.properties")
                        .getProperty("version");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The document as JSON; its server is the one that was asked. */
    public void document(Context ctx) {
        ctx.contentType("application/json").header("Cache-Control", "no-cache").result(ApiDocument.json(server(ctx)));
    }

    /** A proxy in front that speaks TLS says so in {@code X-Forwarded-Proto}. */
    private static String server(Context ctx) {
        String host = ctx.header("Host");
        String forwarded = ctx.header("X-Forwarded-Proto");
        String scheme = forwarded != null && SCHEMES.contains(forwarded) ? forwarded : ctx.scheme();
        return host != null && HOST.matcher(host).matches() ? scheme + "://" + host : "/";
    }

    /** The page. */
    public void page(Context ctx) {
        if (ctx.path().endsWith("/")) {
            ctx.redirect("../docs"); // the page's own links count on it
            return;
        }
        ctx.header("Content-Security-Policy", POLICY)
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .contentType("text/html; charset=utf-8")
                .result(resource("docs.html"));
    }

    /**
     * A part of the page.
     *
     * @throws ApiException if it has no such part
     */
    public void asset(Context ctx) {
        String file = ctx.pathParam("file");
        String type = TYPES.get(file);
        if (type == null) {
            throw new ApiException(new Problem.RouteNotFound(ctx.req().getMethod(), ctx.path()));
        }
        ctx.header("Cache-Control", "max-age=3600")
                .header("X-Content-Type-Options", "nosniff")
                .contentType(type)
                .result(resource(OWN.contains(file) ? file : SwaggerUi.FOLDER + file));
    }

    private static InputStream resource(String path) {
        InputStream resource = DocsRoutes.class.getResourceAsStream(path);
        if (resource == null) {
            throw new AssertionError("not on the class path: " + path);
        }
        return resource;
    }
}
