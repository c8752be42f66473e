package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of worker, server or both at random moments under load: every accepted request has exactly one row,
 * which the next start settles with what was delivered. A round takes 3 to 6 s, so there are few of them unless
 * {@code -Dgufo.kill-rounds=30} asks for more.
 */
@Timeout(900)
class LedgerAfterDeathTest {
    private static final int ROUNDS = Integer.getInteger("gufo.kill-rounds", 3);
    private static final int CLIENTS = 8;
    private static final int MOST_TOKENS = 1_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CHECKPOINT = Duration.ofSeconds(1);

    @TempDir
    private Path dataDir;

    private volatile CountDownLatch underWay = new CountDownLatch(0);

    private final Map<String, Seen> accepted = new ConcurrentHashMap<>();

    /** What a client saw of its request. */
    private static final class Seen {
        /** When each chunk of text came; each stands for at least one token. */
        private final Queue<Long> chunks = new ConcurrentLinkedQueue<>();

        /** The usage that the answer told, -1 if it did not get so far. */
        private volatile long usage = -1;

        /** When a process was killed in the round of this request; 0 before that. */
        private volatile long killed;

        long chunksBeforeCheckpoint() {
            long checkpoint = killed - CHECKPOINT.toNanos();
            return chunks.stream().filter(time -> time - checkpoint < 0).count();
        }
    }

    private record Row(String requestId, String status, long promptTokens, long completionTokens) {}

    private enum Victim {
        WORKER,
        SERVER,
        BOTH
    }

    @Test
    void everyAcceptedRequestHasOneRowWhateverIsKilled() throws IOException, InterruptedException {
        var random = new Random(9);
        for (int round = 0; round < ROUNDS; round++) {
            Victim victim = Victim.values()[round % Victim.values().length];
            round(victim, random);
            check();
        }
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            check();
            assertThat(gufo.stop()).isZero();
        }
        assertThat(accepted.keySet()).hasSizeGreaterThan(ROUNDS);
        assertThat(rows()).extracting(Row::status).doesNotContain("open").contains("server_died", "completed");
        System.getLogger(LedgerAfterDeathTest.class.getName())
                .log(System.Logger.Level.INFO, "{0} accepted requests in {1} rounds", accepted.size(), ROUNDS);
    }

    /** Starts Gufo, which settles what the last round left, and kills. */
    private void round(Victim victim, Random random) throws IOException, InterruptedException {
        long killed;
        try (RunningGufo gufo = RunningGufo.start(dataDir);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(rows())
                    .extracting(Row::status)
                    .as("settled at the start")
                    .doesNotContain("open");
            killed = killUnderLoad(gufo, clients, victim, random);
            if (victim == Victim.WORKER) {
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(
                                () -> assertThat(rows()).extracting(Row::status).doesNotContain("open"));
            }
            gufo.process().destroyForcibly().waitFor();
        }
        // By now the clients have read what came before.
        accepted.values().stream().filter(seen -> seen.killed == 0).forEach(seen -> seen.killed = killed);
    }

    /** When it was. */
    private long killUnderLoad(RunningGufo gufo, ExecutorService clients, Victim victim, Random random)
            throws InterruptedException {
        var done = new CountDownLatch(1);
        underWay = new CountDownLatch(2);
        for (int i = 0; i < CLIENTS; i++) {
            boolean stream = i % 4 != 0;
            clients.execute(() -> client(gufo, stream, done));
        }
        underWay.await();
        // The random moment, not a wait for anything.
        boolean _ = done.await(random.nextInt(2_000), TimeUnit.MILLISECONDS);
        ProcessHandle worker = gufo.worker();
        long killed = System.nanoTime();
        if (victim != Victim.WORKER) {
            gufo.process().destroyForcibly();
        }
        if (victim != Victim.SERVER) {
            worker.destroyForcibly();
        }
        done.countDown();
        return killed;
    }

    /** Asks until the server is gone or the round is over. */
    private void client(RunningGufo gufo, boolean stream, CountDownLatch done) {
        while (done.getCount() > 0) {
            try {
                if (stream) {
                    stream(gufo);
                } else {
                    whole(gufo);
                }
            } catch (IOException | UncheckedIOException gone) {
                if (done.getCount() == 0 || !gufo.process().isAlive()) {
                    return;
                }
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts clients", e);
            }
        }
    }

    private void stream(RunningGufo gufo) throws IOException, InterruptedException {
        HttpResponse<Stream<String>> response = gufo.stream("""
                {"messages": [{"role": "user", "content": "Tell me a story."}], "stream": true, "ignore_eos": true,
                 "max_tokens": %d, "stream_options": {"include_usage": true}}""".formatted(MOST_TOKENS));
        if (response.statusCode() != 200) {
            return;
        }
        Seen seen = accept(response);
        for (Iterator<String> lines = response.body().iterator(); lines.hasNext(); ) {
            String line = lines.next();
            if (line.contains("\"content\":\"") && !line.contains("\"role\"")) {
                seen.chunks.add(System.nanoTime());
            } else if (line.contains("\"choices\":[]")) {
                seen.usage = completionTokens(line.substring("data: ".length()));
            }
        }
    }

    private void whole(RunningGufo gufo) throws IOException, InterruptedException {
        HttpResponse<String> response = gufo.chat("""
                {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}""");
        if (response.statusCode() == 200) {
            accept(response).usage = completionTokens(response.body());
        }
    }

    private Seen accept(HttpResponse<?> response) {
        var seen = new Seen();
        underWay.countDown();
        accepted.put(response.headers().firstValue("x-request-id").orElseThrow(), seen);
        return seen;
    }

    private static long completionTokens(String json) throws IOException {
        JsonNode tokens = JSON.readTree(json).at("/usage/completion_tokens");
        assertThat(tokens.isInt()).as(json).isTrue();
        return tokens.longValue();
    }

    /** What holds of the rows at any time after a round. */
    private void check() {
        var byId = new java.util.HashMap<String, List<Row>>();
        rows().forEach(row ->
                byId.computeIfAbsent(row.requestId(), _ -> new ArrayList<>()).add(row));
        assertThat(byId.values()).as("never twice").allMatch(rows -> rows.size() == 1);
        assertThat(byId.keySet()).as("never lost").containsAll(accepted.keySet());
        accepted.forEach((id, seen) -> {
            Row row = byId.get(id).getFirst();
            assertThat(row.completionTokens())
                    .as(row.toString())
                    .isLessThanOrEqualTo(MOST_TOKENS)
                    .isGreaterThanOrEqualTo(seen.chunksBeforeCheckpoint());
            if (row.status().equals("completed")) {
                assertThat(seen.usage).as(row.toString()).isIn(-1L, row.completionTokens());
            } else if (seen.usage >= 0) { // its settlement was still in memory
                assertThat(row.completionTokens()).isLessThanOrEqualTo(seen.usage);
            }
        });
    }

    private List<Row> rows() {
        try (Database database = Database.open("", dataDir)) {
            return database.read(session -> session.list(
                    "SELECT request_id, status, prompt_tokens, completion_tokens FROM ledger",
                    row -> new Row(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4))));
        }
    }
}
