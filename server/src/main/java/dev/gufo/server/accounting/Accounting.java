package dev.gufo.server.accounting;

import dev.gufo.server.database.Database;
import dev.gufo.server.log.RequestLog;
import dev.gufo.server.metrics.Metrics;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.server.usage.Ledger;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.UsageRoutes;
import io.javalin.http.Context;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Ledger, metrics and request log of a running server. Safe for any thread. */
public final class Accounting implements AutoCloseable {
    private static final String ARRIVAL = "gufo.arrival";

    private final Settings settings;
    private final InstantSource clock;
    private final Function<Context, Who> callers;
    private final Metrics metrics;
    private final RequestLog log;
    private final Ledger ledger;
    private final Optional<UsageRoutes> usage;

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

    /**
     * Whose request it is.
     *
     * @param keyId as the ledger keeps it
     * @param keyName as people know it
     */
    public record Who(String keyId, String keyName) {
        public static final Who ANONYMOUS = new Who("", "");
    }

    private record Arrival(Instant time, long nanos) {}

    private Accounting(
            Settings settings,
            InstantSource clock,
            Function<Context, Who> callers,
            Metrics metrics,
            Ledger ledger,
            Optional<UsageRoutes> usage) {
        this.settings = settings;
        this.clock = clock;
        this.callers = callers;
        this.metrics = metrics;
        this.log = new RequestLog(settings.logContent());
        this.ledger = ledger;
        this.usage = usage;
    }

    /**
     * Begins to keep the books, after settling what dead servers left open.
     *
     * @param database where the ledger is; without one requests are counted and logged only. Not closed with this
     * @param callers tells whose request it is, once its key has been checked
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public static Accounting start(
            Settings settings,
            Optional<Database> database,
            ServedModels models,
            InstantSource clock,
            Function<Context, Who> callers) {
        var metrics = new Metrics(models);
        Ledger ledger = database.map(open -> Ledger.start(open, settings.ledger(), clock, List.of(metrics)))
                .orElseGet(() -> Ledger.unwritten(List.of(metrics)));
        var usage = database.map(
                open -> new UsageRoutes(open, clock, ctx -> callers.apply(ctx).keyId()));
        return new Accounting(settings, clock, callers, metrics, ledger, usage);
    }

    /** Notes when a request arrived; the first thing that happens to it. */
    public void arrive(Context ctx) {
        ctx.attribute(ARRIVAL, new Arrival(clock.instant(), System.nanoTime()));
    }

    /**
     * Accepts a request: its row is in the ledger when this returns. Blocks for that.
     *
     * @return to be settled by the caller, whatever happens
     * @throws dev.gufo.server.error.ApiException if it can't be accounted for and must not go on
     * @throws InterruptedException if the server is being stopped
     */
    public LedgerEntry open(Context ctx, String model, boolean stream) throws InterruptedException {
        Who who = callers.apply(ctx);
        Arrival arrival = ctx.attribute(ARRIVAL);
        if (arrival == null) {
            arrival = new Arrival(clock.instant(), System.nanoTime());
        }
        LedgerEntry entry = ledger.open(new Intent(
                ctx.res().getHeader("x-request-id"),
                who.keyId(),
                who.keyName(),
                model,
                ctx.path(),
                stream,
                arrival.time(),
                arrival.nanos()));
        RequestLog.accepted(ctx, entry);
        return entry;
    }

    /** Writes the line of a request that has been answered. */
    public void log(Context ctx, float milliseconds) {
        RequestLog.keyName(ctx, callers.apply(ctx).keyName());
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

    /** Who used what; empty without a database. */
    public Optional<UsageRoutes> usage() {
        return usage;
    }

    /** Writes what is settled by now. */
    @Override
    public void close() {
        ledger.close();
    }
}
