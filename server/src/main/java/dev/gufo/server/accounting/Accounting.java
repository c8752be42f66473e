package dev.gufo.server.accounting;

import dev.gufo.server.access.Caller;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.server.limits.RequestCost;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.log.RequestLog;
import dev.gufo.server.metrics.Metrics;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.server.usage.Ledger;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.MonthTokens;
import dev.gufo.server.usage.RecentRequests;
import dev.gufo.server.usage.RequestObserver;
import dev.gufo.server.usage.UsageRoutes;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/** Ledger, metrics and request log of a running server. Safe for any thread. */
public final class Accounting implements AutoCloseable {
    private static final String ARRIVAL = "gufo.arrival";

    private final Settings settings;
    private final InstantSource clock;
    private final KeyLimits limits;
    private final Metrics metrics;
    private final RequestLog log;
    private final Ledger ledger;
    private final UsageRoutes usage;
    private final RecentRequests requests;

    /**
     * What the operator sets.
     *
     * @param ledger how the ledger is kept
     * @param metrics who may read the metrics
     * @param logContent whether prompts and answers go to the log
     */
    public record Settings(Ledger.Settings ledger, MetricsAccess metrics, boolean logContent) {
        public static final Settings DEFAULT = new Settings(Ledger.Settings.DEFAULT, MetricsAccess.KEY, false);
    }

    private record Arrival(Instant time, long nanos) {}

    private Accounting(
            Settings settings,
            InstantSource clock,
            KeyLimits limits,
            Metrics metrics,
            Ledger ledger,
            UsageRoutes usage,
            RecentRequests requests) {
        this.settings = settings;
        this.clock = clock;
        this.limits = limits;
        this.metrics = metrics;
        this.log = new RequestLog(settings.logContent());
        this.ledger = ledger;
        this.usage = usage;
        this.requests = requests;
    }

    /**
     * Begins to keep the books, after settling what dead servers left open.
     *
     * @param database where the ledger is; not closed with this
     * @param limits what callers may use; not closed with this
     * @param observer hears of all requests too
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public static Accounting start(
            Settings settings,
            Database database,
            ServedModels models,
            InstantSource clock,
            KeyLimits limits,
            RequestObserver observer) {
        var metrics = new Metrics(models);
        List<RequestObserver> observers = List.of(metrics, observer);
        Ledger ledger = Ledger.start(database, settings.ledger(), clock, observers);
        catchUp(database, clock, limits);
        var usage = new UsageRoutes(database, clock, ctx -> Caller.of(ctx).id());
        return new Accounting(settings, clock, limits, metrics, ledger, usage, new RecentRequests(database));
    }

    /** A server that was killed may not have counted its last second for the month's budgets, but the ledger has it. */
    private static void catchUp(Database database, InstantSource clock, KeyLimits limits) {
        YearMonth month = YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC));
        MonthTokens.byKey(database, month).forEach((key, tokens) -> limits.usedAtLeast(key, month, tokens));
    }

    /** Notes when a request arrived; the first thing that happens to it. */
    public void arrive(Context ctx) {
        ctx.attribute(ARRIVAL, new Arrival(clock.instant(), System.nanoTime()));
    }

    /**
     * Takes a place and a request of the caller's limits, and refuses one whose tokens are used up, before anything is
     * done for it.
     *
     * @param usesTokens whether it will use tokens
     * @return to be closed by the caller when the request has ended
     * @throws dev.gufo.server.error.ApiException if the caller's limits have no room for it
     */
    public Reservation enter(Context ctx, boolean usesTokens) {
        return limits.reserve(Caller.of(ctx), new RequestCost(usesTokens ? 1 : 0, 0, 1));
    }

    /** The place for a request that counted when it came, and is computed now. Throws as {@link #enter}. */
    public Reservation resume(Caller caller) {
        return limits.reserve(caller, new RequestCost(1, 0, 0));
    }

    /** Takes of a caller's limits only the budget of the month: the request comes when the server has time. */
    public Reservation budget(Caller caller) {
        return limits.reserveBudget(caller);
    }

    /** A route that counts as a request of its caller, and uses no tokens. */
    public Handler counted(Handler route) {
        return ctx -> {
            try (Reservation _ = enter(ctx, false)) {
                route.handle(ctx);
            }
        };
    }

    /**
     * Takes the tokens that a request will use at least, as soon as that can be said.
     *
     * @throws dev.gufo.server.error.ApiException if the caller's limits have no room for it
     */
    public void expect(Reservation reservation, long tokens) {
        limits.raise(reservation, Math.max(1, tokens));
    }

    /**
     * Accepts a request: what it may use is reserved, and its row is in the ledger, when this returns. Blocks for that.
     *
     * @param reservation what it has taken so far
     * @return to be settled and closed by the caller, whatever happens
     * @throws dev.gufo.server.error.ApiException if the caller's limits have no room for it, or it can't be accounted
     *     for
     * @throws InterruptedException if the server is being stopped
     */
    public Account open(Context ctx, Reservation reservation, Work work) throws InterruptedException {
        limits.raise(reservation, work.promptTokens() + work.maxOutputTokens());
        reservation.headers().headers().forEach(ctx::header);
        LedgerEntry entry = ledger.open(intent(ctx, work));
        RequestLog.accepted(ctx, entry);
        return new Account(reservation, entry, piece -> log.completion(ctx, piece));
    }

    /**
     * Accepts a request that nobody waits for at a connection; else as above.
     *
     * @param id of the request; no other has it
     * @param endpoint where it came
     * @param arrived when it began to be computed
     */
    public Account open(Caller caller, String id, String endpoint, Instant arrived, Reservation reservation, Work work)
            throws InterruptedException {
        limits.raise(reservation, work.promptTokens() + work.maxOutputTokens());
        var intent = new Intent(
                id,
                caller.id(),
                caller.name(),
                work.model(),
                work.digest(),
                endpoint(endpoint),
                work.stream(),
                arrived,
                System.nanoTime());
        return new Account(reservation, ledger.open(intent), _ -> {});
    }

    /** The last rows of the ledger. */
    public RecentRequests requests() {
        return requests;
    }

    /** Which start of a server this is, among all that share the database. */
    public long server() {
        return ledger.server();
    }

    private Intent intent(Context ctx, Work work) {
        Arrival arrival = ctx.attribute(ARRIVAL);
        if (arrival == null) {
            arrival = new Arrival(clock.instant(), System.nanoTime());
        }
        Caller caller = Caller.of(ctx);
        return new Intent(
                ctx.res().getHeader("x-request-id"),
                caller.id(),
                caller.name(),
                work.model(),
                work.digest(),
                endpoint(ctx.path()),
                work.stream(),
                arrival.time(),
                arrival.nanos());
    }

    /** One name for all models: their ids stand in a column of their own. */
    private static String endpoint(String path) {
        return path.startsWith("/v1/models/") ? "/v1/models/{id}/predict" : path;
    }

    /** Tells the caller how it stands with its rates; a request that takes something tells anew. */
    public void tellRates(Context ctx) {
        limits.standing(Caller.of(ctx)).headers().forEach(ctx::header);
    }

    /** The most tokens that one answer to this caller may have. */
    public int maxTokens(Caller caller) {
        return (int) Math.min(limits.maxTokens(caller).orElse(Integer.MAX_VALUE), Integer.MAX_VALUE);
    }

    /** Writes the line of a request that has been answered. */
    public void log(Context ctx, float milliseconds) {
        RequestLog.keyName(ctx, Caller.of(ctx).name());
        log.write(ctx, milliseconds);
    }

    /** Notes what is logged if the operator insists. */
    public RequestLog log() {
        return log;
    }

    public Settings settings() {
        return settings;
    }

    public Metrics metrics() {
        return metrics;
    }

    /** Why no request can be accounted for now, one line; empty if nothing is wrong. Never blocks. */
    public Optional<String> ledgerTrouble() {
        return ledger.trouble();
    }

    /** Who used what. */
    public UsageRoutes usage() {
        return usage;
    }

    /** Writes what is settled by now. */
    @Override
    public void close() {
        ledger.close();
    }
}
