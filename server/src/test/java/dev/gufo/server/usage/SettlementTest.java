package dev.gufo.server.usage;

import static dev.gufo.server.usage.Requests.NOON;
import static dev.gufo.server.usage.Requests.completed;
import static dev.gufo.server.usage.Requests.intent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.server.database.Database;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens in whatever order: one row for each accepted request, and no token that was not delivered. */
@Timeout(120)
class SettlementTest {
    private static final Ledger.Settings SETTINGS = new Ledger.Settings(Duration.ZERO, Duration.ofMillis(1), 64);
    private static final int ROUNDS = 20;
    private static final int STEPS = 200;
    private static final long NO_PROCESS = 1L << 40;

    @TempDir
    private Path folder;

    private final Map<String, Request> requests = new HashMap<>();
    private final List<LedgerRows.Row> seen = new ArrayList<>();

    /** What the test knows of a request. */
    private static final class Request {
        private final LedgerEntry entry;
        private int delivered;
        private boolean started;
        private boolean settled;
        private boolean closedInOrder;

        Request(LedgerEntry entry) {
            this.entry = entry;
        }
    }

    @Test
    void everyRequestHasOneRowThatSaysWhatWasDelivered() throws InterruptedException {
        var random = new Random(4);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < ROUNDS; round++) {
                boolean dies = random.nextBoolean();
                Database database = Database.open("", folder);
                Ledger ledger = Ledger.start(database, SETTINGS, InstantSource.fixed(NOON), List.of(), run(round));
                checkAfterStart(new LedgerRows(database).all());
                List<Request> mine = new ArrayList<>();
                for (int i = 0; i < STEPS; i++) {
                    step(ledger, database, random, round, mine);
                }
                if (dies) {
                    database.close(); // from here on nothing is written, as after kill -9
                    threads.execute(ledger::close);
                } else {
                    mine.forEach(request -> settle(request, random));
                    ledger.close();
                    mine.forEach(request -> request.closedInOrder = true);
                    database.close();
                }
            }
        }
        try (Database database = Database.open("", folder);
                Ledger _ = Ledger.start(database, SETTINGS, InstantSource.fixed(NOON), List.of(), run(ROUNDS))) {
            checkAfterStart(new LedgerRows(database).all());
        }
        assertThat(requests).hasSizeGreaterThan(ROUNDS * 20);
    }

    private void step(Ledger ledger, Database database, Random random, int round, List<Request> mine)
            throws InterruptedException {
        long running = mine.stream().filter(request -> !request.settled).count();
        int choice = random.nextInt(10);
        if (mine.isEmpty() || (choice < 3 && running < 32)) {
            String id = round + "-" + mine.size();
            var request = new Request(ledger.open(intent(id)));
            mine.add(request);
            requests.put(id, request);
            return;
        }
        Request request = mine.get(random.nextInt(mine.size()));
        if (choice == 9) {
            seen.clear();
            seen.addAll(new LedgerRows(database).all());
            seen.forEach(this::neverMoreThanDelivered);
        } else if (choice == 8 || request.settled) {
            settle(request, random);
        } else if (!request.started) {
            request.entry.started(Duration.ZERO, 5, 1);
            request.started = true;
        } else {
            request.delivered += 1 + random.nextInt(3);
            request.entry.progress(request.delivered);
        }
    }

    private static void settle(Request request, Random random) {
        boolean first = request.entry.settle(
                random.nextBoolean() || request.settled
                        ? completed(request.started ? 5 : 0, 0, request.delivered)
                        : new Outcome(
                                Status.CANCELLED,
                                "",
                                request.started ? 5 : 0,
                                0,
                                request.delivered,
                                0,
                                Duration.ZERO,
                                Duration.ZERO,
                                Duration.ZERO,
                                true));
        assertThat(first).isEqualTo(!request.settled);
        request.settled = true;
    }

    private void checkAfterStart(List<LedgerRows.Row> rows) {
        assertThat(rows).extracting(LedgerRows.Row::requestId).containsExactlyInAnyOrderElementsOf(requests.keySet());
        assertThat(rows).noneMatch(row -> row.status().equals("open"));
        Map<String, LedgerRows.Row> byId = new HashMap<>();
        rows.forEach(row -> byId.put(row.requestId(), row));
        rows.forEach(this::neverMoreThanDelivered);
        for (LedgerRows.Row before : seen) {
            LedgerRows.Row now = byId.get(before.requestId());
            assertThat(now.completion()).isGreaterThanOrEqualTo(before.completion());
            if (!before.status().equals("open")) {
                assertThat(now).as("settled once and for all").isEqualTo(before);
            }
        }
        requests.forEach((id, request) -> {
            if (request.closedInOrder) {
                assertThat(byId.get(id).completion()).isEqualTo(request.delivered);
                assertThat(byId.get(id).status()).isNotEqualTo("server_died");
            }
        });
        seen.clear();
    }

    private void neverMoreThanDelivered(LedgerRows.Row row) {
        assertThat(row.completion()).isLessThanOrEqualTo(requests.get(row.requestId()).delivered);
    }

    /** Each round is another process that is gone by the next one. */
    private static ServerRun run(long id) {
        return new ServerRun(id, new ThisProcess(ThisProcess.get().host(), NO_PROCESS + id, 1), Duration.ofMinutes(1));
    }
}
