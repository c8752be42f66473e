package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.github.bucket4j.TimeMeter;
import io.javalin.http.Context;
import io.javalin.security.RouteRole;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;

/** Finds out who asks, and lets a request through to its route if it may use it. Safe for any thread. */
public final class Access {
    /** What a route asks of its callers; a route that does not say asks for a key. */
    public enum Rule implements RouteRole {
        /** Anyone may call it. */
        OPEN,
        /** A key is needed if keys are set. */
        KEY,
        /** An administrator's key is needed in any case. */
        ADMIN
    }

    private static final String SCHEME = "Bearer ";

    private final ApiKeys configured;
    private final StoredKeys stored;
    private final InstantSource clock;
    private final WrongKeys wrongKeys;
    private volatile boolean keysAreStored; // once that has been seen, it stays so

    /**
     * @param configured the keys that the operator gave
     * @param stored the keys of the database
     * @param clock by which keys expire
     * @param time by which addresses with wrong keys are slowed
     */
    public Access(ApiKeys configured, StoredKeys stored, InstantSource clock, TimeMeter time) {
        this.configured = configured;
        this.stored = stored;
        this.clock = clock;
        this.wrongKeys = new WrongKeys(time);
    }

    /**
     * Whether a key is needed at all.
     *
     * @throws dev.gufo.server.database.DatabaseException if the database is needed to know, and fails
     */
    public boolean required() {
        if (configured.required() || keysAreStored) {
            return true;
        }
        keysAreStored = stored.required();
        return keysAreStored;
    }

    /**
     * Checks the key of a request whose route is known, and notes its {@link Caller}.
     *
     * @throws ApiException if there is no key or a wrong one, or it is not for this route
     */
    public void check(Context ctx) {
        if (ctx.routeRoles().contains(Rule.OPEN)) {
            return;
        }
        boolean admin = ctx.routeRoles().contains(Rule.ADMIN);
        Caller caller = caller(ctx, admin);
        Caller.set(ctx, caller);
        if (admin && !caller.admin()) {
            throw new ApiException(new Problem.Forbidden("This API key is not an administrator's."));
        }
        if (!caller.allowsEndpoint(path(ctx))) {
            throw new ApiException(new Problem.Forbidden("This API key may not use " + path(ctx) + "."));
        }
    }

    private Caller caller(Context ctx, boolean admin) {
        String presented = presented(ctx);
        Optional<Caller> known = presented.isEmpty() ? Optional.empty() : known(ctx, presented);
        if (known.isPresent()) {
            return known.get();
        }
        if (!admin && !required()) {
            return new Caller.Anonymous(); // also with a key: clients insist on sending one
        }
        if (!presented.isEmpty()) {
            wrongKeys.count(ctx.ip()).ifPresent(Access::slow);
        }
        throw new ApiException(new Problem.InvalidApiKey(!presented.isEmpty()));
    }

    private static void slow(Duration wait) {
        throw new ApiException(new Problem.TooManyWrongKeys(wait));
    }

    /** A stored key is found however many wrong ones came before: 208 random bits can't be guessed. */
    private Optional<Caller> known(Context ctx, String presented) {
        OptionalInt number = configured.find(presented);
        if (number.isPresent()) {
            wrongKeys.allow(ctx.ip(), number.getAsInt()).ifPresent(Access::slow);
            return Optional.of(new Caller.Configured(number.getAsInt(), configured.fingerprint(number.getAsInt())));
        }
        Optional<StoredKey> key = stored.find(presented);
        key.flatMap(found -> found.refusal(clock.instant())).ifPresent(why -> {
            throw new ApiException(new Problem.UnusableApiKey(why));
        });
        key.ifPresent(found -> stored.used(found));
        return key.map(Caller.Holder::new);
    }

    /** Anthropic's clients send it in a header of its own. */
    private static String presented(Context ctx) {
        String header = ctx.header("Authorization");
        if (header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return header.substring(SCHEME.length()).strip();
        }
        String own = ctx.header("x-api-key");
        return own == null ? "" : own.strip();
    }

    private static String path(Context ctx) {
        String path = ctx.path();
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
