package dev.gufo.server.usage;

import static dev.gufo.server.usage.Requests.NOON;
import static dev.gufo.server.usage.Requests.completed;
import static dev.gufo.server.usage.Requests.intent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.Drafts;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LedgerTest {
    private static final Ledger.Settings SETTINGS =
            new Ledger.Settings(Duration.ofDays(90), Duration.ofMillis(5), 1_000);
    /** Larger than any that Linux gives. */
    private static final long NO_PROCESS = 1L << 40;

    @TempDir
    private Path folder;

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open("", folder);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void anAcceptedRequestHasItsRowBeforeItStarts() throws InterruptedException {
        try (Ledger ledger = start(SETTINGS)) {
            ledger.open(intent("a"));
            assertThat(row("a").status()).isEqualTo("open");
        }
    }

    @Test
    void whatIsDeliveredIsInTheRowBeforeItEnds() throws InterruptedException {
        try (Ledger ledger = start(SETTINGS)) {
            LedgerEntry entry = ledger.open(intent("a"));
            entry.started(Duration.ofMillis(3), 100, 40);
            entry.progress(7);
            await().until(() -> row("a").completion() == 7);
            assertThat(row("a")).extracting("status", "prompt", "cached").containsExactly("open", 100L, 40L);
        }
    }

    @Test
    void onlyTheFirstSettlementCounts() throws InterruptedException {
        try (Ledger ledger = start(SETTINGS)) {
            LedgerEntry entry = ledger.open(intent("a"));
            assertThat(entry.settle(completed(100, 40, 12))).isTrue();
            assertThat(entry.settle(Outcome.withoutTokens(Status.FAILED, true))).isFalse();
        }
        assertThat(row("a"))
                .extracting("status", "finishReason", "prompt", "cached", "completion")
                .containsExactly("completed", "stop", 100L, 40L, 12L);
    }

    @Test
    void observersHearOfAllTokensThatTheRowHas() throws InterruptedException {
        var told = new AtomicInteger();
        RequestObserver counting = new RequestObserver() {
            @Override
            public void started(Intent intent, int promptTokens, int cachedTokens) {}

            @Override
            public void computed(Intent intent, int tokens) {}

            @Override
            public void firstToken(Intent intent, Duration sinceArrival) {
                told.incrementAndGet();
            }

            @Override
            public void moreTokens(Intent intent, int tokens, Duration gap) {
                told.addAndGet(tokens);
            }

            @Override
            public void guessed(Intent intent, Drafts drafts) {}

            @Override
            public void settled(Intent intent, Outcome outcome, Duration sinceArrival) {}
        };
        try (Ledger ledger = Ledger.start(database, SETTINGS, InstantSource.system(), List.of(counting))) {
            LedgerEntry read = ledger.open(intent("read"));
            read.progress(3);
            read.settle(completed(100, 40, 12)); // 9 came while nobody read
            ledger.open(intent("unread")).settle(completed(100, 40, 5));
            LedgerEntry failed = ledger.open(intent("failed"));
            failed.progress(4);
            failed.cutOff();
        }
        assertThat(row("read").completion()).isEqualTo(12);
        assertThat(row("unread").completion()).isEqualTo(5);
        assertThat(row("failed").completion()).isEqualTo(4);
        assertThat(told).hasValue(21);
    }

    @Test
    void twoRequestsOfTheSameIdAreTwoRows() throws InterruptedException {
        try (Ledger ledger = start(SETTINGS)) {
            ledger.open(intent("same")).settle(completed(1, 0, 1));
            ledger.open(intent("same")).settle(completed(2, 0, 1));
        }
        assertThat(new LedgerRows(database).all()).extracting("prompt").containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void manyThreadsLoseNothing() throws Exception {
        List<Callable<Boolean>> all = new ArrayList<>();
        try (Ledger ledger = start(SETTINGS);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 2_000; i++) {
                String id = "r" + i;
                int tokens = i;
                all.add(() -> ledger.open(intent(id)).settle(completed(1, 0, tokens)));
            }
            for (var done : threads.invokeAll(all)) {
                assertThat(done.get()).isTrue();
            }
        }
        List<LedgerRows.Row> rows = new LedgerRows(database).all();
        assertThat(rows).hasSize(2_000);
        assertThat(rows).allSatisfy(row -> assertThat(row.requestId()).isEqualTo("r" + row.completion()));
    }

    @Test
    void whoComesWhenAllPlacesAreTakenWaitsForOne() throws Exception {
        var single = new Ledger.Settings(Duration.ZERO, Duration.ofMillis(5), 1);
        try (Ledger ledger = start(single);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            LedgerEntry first = ledger.open(intent("first"));
            var asking = new CountDownLatch(1);
            var second = threads.submit(() -> {
                asking.countDown();
                return ledger.open(intent("second"));
            });
            asking.await();
            assertThat(new LedgerRows(database).all()).hasSize(1);
            assertThat(second.isDone()).isFalse();
            first.settle(completed(1, 0, 1));
            second.get().settle(completed(1, 0, 1));
        }
        assertThat(new LedgerRows(database).all()).extracting("status").containsOnly("completed");
    }

    @Test
    void aLedgerThatCannotBeWrittenAcceptsNothing() {
        try (Ledger ledger = start(SETTINGS)) {
            database.close();
            assertThatExceptionOfType(ApiException.class)
                    .isThrownBy(() -> ledger.open(intent("a")))
                    .satisfies(e -> assertThat(e.problem()).isInstanceOf(Problem.LedgerUnavailable.class));
        }
    }

    @Test
    void aClosedLedgerAcceptsNothing() {
        Ledger ledger = start(SETTINGS);
        ledger.close();
        assertThatExceptionOfType(ApiException.class).isThrownBy(() -> ledger.open(intent("a")));
    }

    @Test
    void aWaiterThatIsInterruptedLeavesNoOpenRow() throws Exception {
        try (Ledger ledger = start(SETTINGS)) {
            Thread waiting = Thread.ofVirtual().unstarted(() -> {
                Thread.currentThread().interrupt();
                assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> ledger.open(intent("a")));
            });
            waiting.start();
            waiting.join();
        }
        assertThat(new LedgerRows(database).all()).noneMatch(row -> row.status().equals("open"));
    }

    @Test
    void whatStillRunsWhenTheLedgerIsClosedEndsAsAFailureWithWhatWasDelivered() throws InterruptedException {
        LedgerEntry entry;
        try (Ledger ledger = start(run(1, NO_PROCESS))) {
            entry = ledger.open(intent("a"));
            entry.started(Duration.ZERO, 10, 4);
            entry.progress(3);
            ledger.open(intent("waiting"));
        }
        assertThat(entry.settle(completed(10, 4, 5))).isFalse();
        start(run(2, ProcessHandle.current().pid())).close();
        assertThat(row("a"))
                .extracting("status", "prompt", "cached", "completion")
                .containsExactly("failed", 10L, 4L, 3L);
        assertThat(row("waiting")).extracting("status", "completion").containsExactly("failed", 0L);
    }

    @Test
    void theNextStartSettlesWhatADeadServerLeftOpen() throws InterruptedException {
        Ledger dead = start(run(1, NO_PROCESS));
        LedgerEntry entry = dead.open(intent("a"));
        entry.started(Duration.ZERO, 10, 0);
        entry.progress(3);
        await().until(() -> row("a").completion() == 3);
        start(run(2, ProcessHandle.current().pid())).close();
        assertThat(row("a")).extracting("status", "prompt", "completion").containsExactly("server_died", 10L, 3L);
        entry.settle(completed(10, 0, 4));
        dead.close(); // was given up too early: it still knows better
        assertThat(row("a")).extracting("status", "completion").containsExactly("completed", 4L);
    }

    @Test
    void theRowsOfALivingServerStayOpen() throws InterruptedException {
        ProcessHandle self = ProcessHandle.current();
        try (Ledger living = start(run(1, self.pid()))) {
            living.open(intent("here"));
            start(run(2, self.pid())).close();
            assertThat(row("here").status()).isEqualTo("open");
        }
        var elsewhere = new ThisProcess("another machine", NO_PROCESS, 0);
        try (Ledger living = start(new ServerRun(3, elsewhere, Duration.ofMinutes(1)))) {
            living.open(intent("there"));
            start(run(4, self.pid())).close();
            assertThat(row("there").status()).isEqualTo("open");
        }
    }

    @Test
    void aServerElsewhereThatIsSilentForTooLongIsDead() throws InterruptedException {
        var elsewhere = new ThisProcess("another machine", NO_PROCESS, 0);
        try (Ledger silent = start(new ServerRun(1, elsewhere, Duration.ofMinutes(1)))) {
            silent.open(intent("a"));
            start(new ServerRun(2, ThisProcess.get(), Duration.ofMillis(-1))).close();
            assertThat(row("a").status()).isEqualTo("server_died");
        }
    }

    @Test
    void oldRowsGoAndOpenOnesStay() throws InterruptedException {
        InstantSource then = InstantSource.fixed(NOON);
        try (Ledger ledger = Ledger.start(database, SETTINGS, then, List.of())) {
            for (int i = 0; i < 1_200; i++) { // more than one batch
                ledger.open(intent("old" + i, "", "", "m", NOON.minus(Duration.ofDays(91))))
                        .settle(completed(1, 0, 1));
            }
            ledger.open(intent("new", "", "", "m", NOON.minus(Duration.ofDays(89))))
                    .settle(completed(1, 0, 1));
            ledger.open(intent("running", "", "", "m", NOON.minus(Duration.ofDays(91))));
            try (Ledger _ = Ledger.start(
                    database,
                    SETTINGS,
                    then,
                    List.of(),
                    run(9, ProcessHandle.current().pid()))) {
                await().until(() -> new LedgerRows(database).all().size() == 2);
            }
            assertThat(new LedgerRows(database).all())
                    .extracting("requestId", "status")
                    .containsExactly(
                            org.assertj.core.api.Assertions.tuple("new", "completed"),
                            org.assertj.core.api.Assertions.tuple("running", "open"));
        }
    }

    @Test
    void aClockThatIsFarAheadAtTheStartDeletesNothing() throws InterruptedException {
        try (Ledger ledger = start(SETTINGS)) {
            ledger.open(intent("a")).settle(completed(1, 0, 1));
        }
        InstantSource ahead = InstantSource.fixed(NOON.plus(Duration.ofDays(200)));
        for (int start = 0; start < 2; start++) { // the second finds rows that the first wrote by the wrong clock
            try (Ledger ledger = Ledger.start(database, SETTINGS, ahead, List.of())) {
                ledger.open(intent("later" + start, "", "", "m", ahead.instant()))
                        .settle(completed(1, 0, 1));
            }
        }
        assertThat(new LedgerRows(database).all()).extracting("requestId").contains("a");
    }

    @Test
    void aTurnThatFailsUnexpectedlyIsNotTheEndOfTheLedger() throws InterruptedException {
        var looks = new AtomicInteger();
        InstantSource broken = () -> {
            if (looks.getAndIncrement() > 0) {
                throw new StackOverflowError("a test's");
            }
            return NOON;
        };
        try (Ledger ledger = Ledger.start(database, SETTINGS, broken, List.of())) {
            await().until(() -> looks.get() > 1);
            ledger.open(intent("a")).settle(completed(1, 0, 1));
            assertThat(ledger.trouble()).isEmpty();
        }
        assertThat(row("a").status()).isEqualTo("completed");
    }

    @Test
    void aDataFolderThatIsTakenAwayIsNoticedAndOneThatComesBackIsUsed() throws Exception {
        try (Ledger ledger = start(SETTINGS)) {
            ledger.open(intent("before")).settle(completed(1, 0, 1));
            Path away = folder.resolveSibling(folder.getFileName() + "-away");
            Files.move(folder, away);
            Files.createDirectory(folder); // another one in its place
            assertThatExceptionOfType(ApiException.class)
                    .isThrownBy(() -> ledger.open(intent("lost")))
                    .satisfies(e -> assertThat(e.problem()).isInstanceOf(Problem.LedgerUnavailable.class));
            assertThat(ledger.trouble()).isPresent();
            assertThat(folder).isEmptyDirectory();
            Files.delete(folder);
            Files.move(away, folder);
            await().until(() -> ledger.trouble().isEmpty());
            ledger.open(intent("after")).settle(completed(1, 0, 1));
        }
        assertThat(new LedgerRows(database).all()).extracting("requestId").containsExactlyInAnyOrder("before", "after");
    }

    @Test
    void zeroRetentionKeepsEverything() throws InterruptedException {
        var forEver = SETTINGS.retaining(Duration.ZERO);
        try (Ledger ledger = start(forEver)) {
            ledger.open(intent("a")).settle(completed(1, 0, 1));
        }
        start(forEver).close();
        assertThat(new LedgerRows(database).all()).hasSize(1);
    }

    private Ledger start(Ledger.Settings settings) {
        return Ledger.start(database, settings, InstantSource.fixed(NOON), List.of());
    }

    private Ledger start(ServerRun run) {
        return Ledger.start(database, SETTINGS, InstantSource.fixed(NOON), List.of(), run);
    }

    private static ServerRun run(long id, long pid) {
        ThisProcess here = ThisProcess.get();
        return new ServerRun(id, new ThisProcess(here.host(), pid, here.started()), Duration.ofMinutes(1));
    }

    private LedgerRows.Row row(String requestId) {
        return new LedgerRows(database).of(requestId);
    }
}
