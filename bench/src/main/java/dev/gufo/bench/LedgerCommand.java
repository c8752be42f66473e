package dev.gufo.bench;

import dev.gufo.server.database.Database;
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
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench ledger}: how many requests a second the ledger takes, and what it adds to the latency of each. */
@Command(name = "ledger", description = "Open and settle requests in a ledger of its own, without any HTTP or model.")
final class LedgerCommand implements Runnable {
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

    private final PrintStream out = System.out;

    @Override
    public void run() {
        Path dir = folder == null ? temporary() : folder;
        try (Database database = Database.open(databaseUrl, dir);
                Ledger ledger = Ledger.start(database, Ledger.Settings.DEFAULT, InstantSource.system(), List.of())) {
            measure(ledger, WARM_UP_SECONDS);
            out.println(measure(ledger, seconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("gufo-ledger");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Every client opens, settles and, if there is a rate, waits for its next turn; latency counts from the turn. */
    private String measure(Ledger ledger, int duration) throws InterruptedException {
        var latencies = new ConcurrentHistogram(HIGHEST.toNanos(), 3);
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(duration);
        var done = new CountDownLatch(clients);
        for (int client = 0; client < clients; client++) {
            int number = client;
            Thread.ofVirtual().start(() -> {
                client(ledger, latencies, begin, end, number);
                done.countDown();
            });
        }
        done.await();
        return describe(latencies, System.nanoTime() - begin);
    }

    private void client(Ledger ledger, Histogram latencies, long begin, long end, int number) {
        long gap = rate == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) * clients / rate;
        long turn = begin + gap * number / clients;
        while (turn < end && System.nanoTime() < end) {
            for (long wait = turn - System.nanoTime(); gap > 0 && wait > 0; wait = turn - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            long start = System.nanoTime();
            request(ledger);
            latencies.recordValue(System.nanoTime() - start);
            turn = gap == 0 ? start : turn + gap;
        }
    }

    private static void request(Ledger ledger) {
        try {
            LedgerEntry entry = ledger.open(new Intent(
                    "req_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
                    "key-1",
                    "bench",
                    "stub",
                    "/v1/chat/completions",
                    true,
                    Instant.now(),
                    System.nanoTime()));
            entry.started(Duration.ZERO, 100, 0);
            entry.progress(1);
            entry.settle(new Outcome(
                    Status.COMPLETED, "stop", 100, 0, 20, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, false));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String describe(Histogram latencies, long nanos) {
        return "%d clients, %s: %,.0f requests/s; open and settle took p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, most %.2f ms"
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
