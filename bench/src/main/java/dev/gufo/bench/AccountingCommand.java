package dev.gufo.bench;

import dev.gufo.server.Storage;
import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.server.limits.RequestCost;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.usage.Intent;
import dev.gufo.server.usage.Ledger;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code bench accounting}: how many requests a second keys, limits and ledger take, and what they add to the latency
 * of each.
 */
@Command(
        name = "accounting",
        description = "Check a key, reserve, open a row, settle both: what a request costs without HTTP and a model.")
final class AccountingCommand implements Runnable {
    @Option(
            names = "--clients",
            defaultValue = "64",
            description = "Requests under way at once (default: ${DEFAULT-VALUE}).")
    int clients;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "Requests a second; 0 as many as it takes (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "How long, after 3 s of warming up (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(names = "--database-url", defaultValue = "", description = "jdbc:postgresql:…; SQLite without it.")
    String databaseUrl;

    @Option(names = "--dir", description = "Folder for the SQLite file (default: a temporary one).")
    Path folder;

    private static final int WARM_UP_SECONDS = 3;
    private static final Duration HIGHEST = Duration.ofSeconds(60);

    private static final long PLENTY = 1_000_000_000_000L;

    private final PrintStream out = System.out;
    private String secret = "";

    /** What a request goes through. */
    private record Parts(StoredKeys keys, KeyLimits limits, Ledger ledger) {}

    @Override
    public void run() {
        Path dir = folder == null ? temporary() : folder;
        try (Storage storage = Storage.open(Database.open(databaseUrl, dir), Limits.NONE, "");
                Ledger ledger =
                        Ledger.start(storage.database(), Ledger.Settings.DEFAULT, InstantSource.system(), List.of())) {
            var parts = new Parts(storage.keys(), storage.limits(), ledger);
            secret = storage.keys().store().create(terms()).secret();
            measure(parts, WARM_UP_SECONDS);
            out.println(measure(parts, seconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A key with every kind of limit, none of which is ever reached. */
    private static StoredKey.Terms terms() {
        var all = new EnumMap<Limit, Long>(Limit.class);
        for (Limit limit : Limit.values()) {
            all.put(limit, PLENTY);
        }
        return StoredKey.Terms.named("bench").withLimits(_ -> new Limits(all));
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("gufo-accounting");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Every client opens, settles and, if there is a rate, waits for its next turn; latency counts from the turn. */
    private String measure(Parts parts, int duration) throws InterruptedException {
        var latencies = new ConcurrentHistogram(HIGHEST.toNanos(), 3);
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(duration);
        var done = new CountDownLatch(clients);
        for (int client = 0; client < clients; client++) {
            int number = client;
            Thread.ofVirtual().start(() -> {
                try {
                    client(parts, latencies, begin, end, number);
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();
        return describe(latencies, System.nanoTime() - begin);
    }

    private void client(Parts parts, Histogram latencies, long begin, long end, int number) {
        long gap = rate == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) * clients / rate;
        long turn = begin + gap * number / clients;
        while (turn < end && System.nanoTime() < end) {
            for (long wait = turn - System.nanoTime(); gap > 0 && wait > 0; wait = turn - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            long start = System.nanoTime();
            request(parts);
            latencies.recordValue(System.nanoTime() - start);
            turn = gap == 0 ? start : turn + gap;
        }
    }

    private void request(Parts parts) {
        StoredKey key = parts.keys().find(secret).orElseThrow();
        parts.keys().used(key);
        try (Reservation reservation = parts.limits().reserve(new Caller.Holder(key), new RequestCost(100, 200, 1))) {
            LedgerEntry entry = parts.ledger()
                    .open(new Intent(
                            "req_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
                            key.id(),
                            "bench",
                            "stub",
                            "",
                            "/v1/chat/completions",
                            true,
                            Instant.now(),
                            System.nanoTime()));
            reservation.started();
            entry.started(Duration.ZERO, 100, 0);
            entry.progress(1);
            reservation.settle(100, 20);
            entry.settle(new Outcome(
                    Status.COMPLETED, "stop", 100, 0, 20, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, false));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String describe(Histogram latencies, long nanos) {
        return "%d clients, %s: %,.0f requests/s; all of it took p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, most %.2f ms"
                .formatted(
                        clients,
                        rate == 0 ? "as many as it takes" : "%,d/s wanted".formatted(rate),
                        latencies.getTotalCount() * 1e9 / nanos,
                        latencies.getValueAtPercentile(50) / 1e6,
                        latencies.getValueAtPercentile(99) / 1e6,
                        latencies.getValueAtPercentile(99.9) / 1e6,
                        latencies.getMaxValue() / 1e6);
    }
}
