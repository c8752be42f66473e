package dev.gufo.server.access;

import dev.gufo.server.error.ErrorForm;
import io.javalin.http.Context;
import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** The id of each request: the client's own if it is harmless in a header and a log line, else a random one. */
public final class RequestIds implements Supplier<String> {
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private final Supplier<RandomGenerator> random;

    /** @param random a generator that the calling thread may use */
    public RequestIds(Supplier<RandomGenerator> random) {
        this.random = random;
    }

    /** A new id, for instance {@code req_0f1e2d3c4b5a69788796a5b4c3d2e1f0}. */
    @Override
    public String get() {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return "req_" + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** Puts the id on the response. */
    public void assign(Context ctx) {
        String own = ctx.header("x-request-id");
        String id = own != null && HARMLESS.matcher(own).matches() ? own : get();
        ctx.header("x-request-id", id);
        if (ErrorForm.of(ctx.req()) == ErrorForm.ANTHROPIC) {
            ctx.header("request-id", id); // where its clients look
        }
    }
}
