package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import dev.gufo.server.files.Uploads;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A batch whose server gets {@code kill -9} again and again. */
@Timeout(300)
class BatchAfterDeathTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LINES = 40;

    /** The long form: {@code -Dgufo.batch-kill-rounds=30 -Dgufo.batch-kill-lines=1000}. */
    private static final int ROUNDS = Integer.getInteger("gufo.batch-kill-rounds", 2);

    private static final int MANY_LINES = Integer.getInteger("gufo.batch-kill-lines", 60);
    private static final long SEED = Long.getLong("gufo.batch-kill-seed", 3L);
    private static final int MOST_MILLIS = 1_500; // that a server lives once it is ready

    /** How many lines are done, at least, when the server is killed. */
    private static final List<Integer> DEATHS = List.of(0, 5, 17);

    @TempDir
    private Path dataDir;

    @Test
    void everyLineStandsInItsFilesOnceAndInTheLedgerOnce() throws IOException, InterruptedException {
        String id = "";
        for (int done : DEATHS) {
            try (RunningGufo gufo = RunningGufo.start(dataDir)) {
                id = id.isEmpty() ? created(gufo, LINES) : id;
                String batch = id;
                await().atMost(Duration.ofMinutes(2)).until(() -> {
                    assertThat(gufo.process().isAlive()).isTrue();
                    return batch(gufo, batch).at("/request_counts/completed").intValue() >= done;
                });
                gufo.process().destroyForcibly().waitFor();
            }
        }
        String batch = id;
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            JsonNode ended = await().atMost(Duration.ofMinutes(2))
                    .until(
                            () -> batch(gufo, batch),
                            now -> now.path("status").asText().equals("completed"));
            assertThat(ended.get("request_counts").toString())
                    .isEqualTo("{\"total\":40,\"completed\":38,\"failed\":2}");
            List<String> told = gufo.get("/v1/batches/" + batch + "/results")
                    .body()
                    .lines()
                    .map(BatchAfterDeathTest::customId)
                    .toList();
            assertThat(told).hasSize(LINES);
            assertThat(new TreeSet<>(told)).hasSize(LINES);
            assertThat(gufo.stop()).isZero();
        }
        try (Database database = Database.open("", dataDir)) {
            List<String> rows = database.read(session -> session.list(
                    "SELECT request_id FROM ledger WHERE request_id LIKE 'batch_req_%'", row -> row.getString(1)));
            assertThat(rows).hasSize(LINES - 2); // nothing was computed for those with mistakes
            assertThat(new TreeSet<>(rows)).hasSize(LINES - 2);
        }
    }

    @Test
    @Timeout(3_600)
    void atRandomMomentsToo() throws IOException, InterruptedException {
        var random = new Random(SEED);
        String id = "";
        for (int round = 0; round < ROUNDS; round++) {
            try (RunningGufo gufo = RunningGufo.start(dataDir)) {
                id = id.isEmpty() ? created(gufo, MANY_LINES) : id;
                boolean ended = gufo.process().waitFor(random.nextInt(MOST_MILLIS), TimeUnit.MILLISECONDS);
                assertThat(ended).isFalse();
                gufo.process().destroyForcibly().waitFor();
            }
        }
        String batch = id;
        var answered = new TreeSet<String>();
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            JsonNode ended = await().atMost(Duration.ofMinutes(30))
                    .until(
                            () -> batch(gufo, batch),
                            now -> now.path("status").asText().equals("completed"));
            var ids = new TreeSet<String>();
            for (String line :
                    gufo.get("/v1/batches/" + batch + "/results").body().lines().toList()) {
                JsonNode result = JSON.readTree(line);
                assertThat(ids.add(result.get("custom_id").textValue())).isTrue();
                if (result.at("/response/status_code").intValue() == 200) {
                    answered.add(result.get("id").textValue());
                }
            }
            assertThat(ids).hasSize(MANY_LINES);
            assertThat(ended.at("/request_counts/completed").intValue()).isEqualTo(answered.size());
            assertThat(gufo.stop()).isZero();
        }
        try (Database database = Database.open("", dataDir)) {
            List<String> rows = database.read(session -> session.list(
                    "SELECT request_id FROM ledger WHERE request_id LIKE 'batch_req_%'", row -> row.getString(1)));
            assertThat(rows).containsExactlyInAnyOrderElementsOf(answered);
        }
    }

    private static String customId(String line) {
        try {
            return JSON.readTree(line).get("custom_id").textValue();
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + line, e);
        }
    }

    private static JsonNode batch(RunningGufo gufo, String id) throws IOException, InterruptedException {
        return JSON.readTree(gufo.get("/v1/batches/" + id).body());
    }

    private static String created(RunningGufo gufo, int count) throws IOException, InterruptedException {
        String lines = IntStream.range(0, count)
                .mapToObj("""
                        {"custom_id": "%1$d", "method": "POST", "url": "/v1/chat/completions", "body": {"ignore_eos": true, "max_tokens": 40, "messages": [{"role": "user", "content": "Story %1$d"}]}}
                        """::formatted)
                .collect(Collectors.joining())
                .replace("\"Story 7\"", "7")
                .replace("\"Story 30\"", "30");
        try (HttpClient client = HttpClient.newHttpClient()) {
            String input = Uploads.batchInput(client, URI.create(gufo.baseUrl()), lines);
            return JSON.readTree(gufo.post("/v1/batches", """
                            {"input_file_id": "%s", "endpoint": "/v1/chat/completions", "completion_window": "24h"}""".formatted(input)).body())
                    .get("id")
                    .textValue();
        }
    }
}
