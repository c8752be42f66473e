package dev.gufo.server.web;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page for people and its parts. It is the same for everyone and tells nothing of the server, so it is open to
 * everyone; what it shows it asks for at the API's routes, with its reader's key. Where it was not built, because there
 * was no npm, it says so in a line.
 */
public final class WebPage {
    /** Where the build puts the page, seen from this class. */
    private static final String FOLDER = "static/";

    /**
     * Scripts, styles and requests of this server only; no script in the page's text, and no text that becomes a
     * script: what a model writes goes through one sanitiser, whose name is in here.
     *
     * @see <a href="https://www.w3.org/TR/CSP3/">Content Security Policy Level 3</a>
     */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types dompurify";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,80}\\.(js|css|svg|txt)");
    private static final Map<String, String> TYPES = Map.of(
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "txt", "text/plain; charset=utf-8");
    private static final String NOT_BUILT =
            "Gufo is running. Its page was not built: with Node.js and npm, scripts/web builds it. The API is described at docs.\n";

    /** Files that may lie beside a file, in the order of preference. */
    private enum Coding {
        BROTLI("br"),
        GZIP("gzip");

        private final String word;

        Coding(String word) {
            this.word = word;
        }

        private String suffix() {
            return this == BROTLI ? ".br" : ".gz";
        }
    }

    /** {@code GET /}: the chat. */
    public void chat(Context ctx) {
        page(ctx, "index.html");
    }

    /** {@code GET /admin}: operation. */
    public void operation(Context ctx) {
        if (ctx.path().endsWith("/")) {
            ctx.redirect("../admin"); // the page's own links count on it
            return;
        }
        page(ctx, "admin.html");
    }

    /**
     * {@code GET /web/{file}}: a part of the page. Names have a hash of the content, so browsers keep them for good.
     *
     * @throws ApiException if it has no such part
     */
    public void asset(Context ctx) {
        String file = ctx.pathParam("file");
        Matcher name = NAME.matcher(file);
        if (!name.matches() || !exists("web/" + file)) {
            throw new ApiException(new Problem.RouteNotFound(ctx.req().getMethod(), ctx.path()));
        }
        protect(ctx);
        ctx.header("Cache-Control", "public, max-age=31536000, immutable").contentType(TYPES.get(name.group(1)));
        send(ctx, "web/" + file);
    }

    private static void page(Context ctx, String file) {
        protect(ctx);
        ctx.header("Content-Security-Policy", POLICY).header("Cache-Control", "no-cache");
        if (!exists(file)) {
            ctx.contentType("text/plain; charset=utf-8").result(NOT_BUILT);
            return;
        }
        String tag = '"' + hash(read(file)) + '"';
        ctx.header("ETag", tag);
        if (matches(ctx.header("If-None-Match"), tag)) {
            ctx.status(HttpStatus.NOT_MODIFIED);
            return;
        }
        ctx.contentType("text/html; charset=utf-8");
        send(ctx, file);
    }

    private static void protect(Context ctx) {
        ctx.header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .header("Cross-Origin-Opener-Policy", "same-origin");
    }

    /** Sends the smallest form that the client takes and the build has made. */
    private static void send(Context ctx, String file) {
        ctx.header("Vary", "Accept-Encoding");
        Optional<Coding> coding = List.of(Coding.values()).stream()
                .filter(each -> takes(ctx.header("Accept-Encoding"), each) && exists(file + each.suffix()))
                .findFirst();
        coding.ifPresent(each -> ctx.header("Content-Encoding", each.word));
        ctx.result(read(coding.map(each -> file + each.suffix()).orElse(file)));
    }

    /** Whether an {@code Accept-Encoding} names it, and not with the weight 0. */
    private static boolean takes(@Nullable String accepted, Coding coding) {
        if (accepted == null) {
            return false;
        }
        for (String entry : accepted.split(",", -1)) {
            String[] parts = entry.strip().split("\\s*;\\s*", 2);
            if (parts[0].equalsIgnoreCase(coding.word)) {
                return parts.length == 1 || !parts[1].matches("(?i)q=0(\\.0{0,3})?");
            }
        }
        return false;
    }

    /** By the weak comparison, as RFC 9110 wants it here: proxies that compress make a tag weak. */
    private static boolean matches(@Nullable String tags, String tag) {
        if (tags == null) {
            return false;
        }
        for (String each : tags.split(",", -1)) {
            String known = each.strip();
            if (known.equals("*") || known.equals(tag) || known.equals("W/" + tag)) {
                return true;
            }
        }
        return false;
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content), 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    private static boolean exists(String file) {
        return WebPage.class.getResource(FOLDER + file) != null;
    }

    private static byte[] read(String file) {
        try (InputStream in = WebPage.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new AssertionError("not on the class path: " + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
