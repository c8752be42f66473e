package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A response in the background, while {@code kill -9} comes for the worker, and then for the server. */
@Timeout(300)
class BackgroundAfterDeathTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REQUEST = """
            {"input": "Tell me a story.", "background": true, "ignore_eos": true, "max_output_tokens": 1500}""";

    @TempDir
    private Path dataDir;

    @Test
    void itGoesOnAndHasOneResultAndOneRow() throws IOException, InterruptedException {
        String id;
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            id = JSON.readTree(gufo.post("/v1/responses", REQUEST).body())
                    .get("id")
                    .textValue();
            awaitEvents(gufo, id, 1);
            gufo.worker().destroyForcibly();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> gufo.get("/metrics")
                            .body()
                            .contains("gufo_requests_resumed_total{model_name=\"demo-chat\"} 1.0"));
            awaitEvents(gufo, id, 1); // the next worker has gone on with it
            gufo.process().destroyForcibly().waitFor();
        }
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            JsonNode response = await().atMost(Duration.ofMinutes(2))
                    .until(
                            () -> JSON.readTree(gufo.get("/v1/responses/" + id).body()),
                            now -> !List.of("queued", "in_progress")
                                    .contains(now.path("status").asText()));
            assertThat(response.get("status").textValue())
                    .as(response.toString())
                    .isEqualTo("incomplete");
            assertThat(response.at("/usage/output_tokens").intValue()).isEqualTo(1_500);
            List<JsonNode> events =
                    events(gufo.get("/v1/responses/" + id + "?stream=true").body());
            assertThat(events.stream().map(event -> event.get("sequence_number").intValue()))
                    .containsExactlyElementsOf(
                            IntStream.range(0, events.size()).boxed().toList());
            assertThat(events.getLast().get("response")).isEqualTo(response);
            assertThat(attempts(events)).isEqualTo(2);
            assertThat(gufo.stop()).isZero();
        }
        try (Database database = Database.open("", dataDir)) {
            List<String> rows = database.read(session ->
                    session.list("SELECT status FROM ledger WHERE request_id = ?", row -> row.getString(1), id));
            assertThat(rows).containsExactly("completed");
        }
    }

    @Test
    void aServerIsNotKilledByItForEver() throws IOException, InterruptedException {
        String id = "";
        for (int death = 1; death <= 3; death++) {
            try (RunningGufo gufo = RunningGufo.start(dataDir)) {
                id = id.isEmpty()
                        ? JSON.readTree(gufo.post("/v1/responses", REQUEST).body())
                                .get("id")
                                .textValue()
                        : id;
                awaitEvents(gufo, id, death);
                gufo.process().destroyForcibly().waitFor();
            }
        }
        String given = id;
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            JsonNode response = await().atMost(Duration.ofMinutes(1))
                    .until(
                            () -> JSON.readTree(
                                    gufo.get("/v1/responses/" + given).body()),
                            now -> !List.of("queued", "in_progress")
                                    .contains(now.path("status").asText()));
            assertThat(response.get("status").textValue()).isEqualTo("failed");
            assertThat(response.at("/error/code").textValue()).isEqualTo("server_error");
            assertThat(gufo.stop()).isZero();
        }
    }

    /** Waits until an attempt has brought text into the database. */
    private void awaitEvents(RunningGufo gufo, String id, int attempt) {
        try (Database database = Database.open("", dataDir)) {
            await().atMost(Duration.ofMinutes(1)).until(() -> {
                List<String> bundles = database.read(session -> session.list(
                        "SELECT body FROM response_event WHERE response = ? ORDER BY first",
                        row -> row.getString(1),
                        id));
                List<JsonNode> events = events(String.join("", bundles));
                assertThat(gufo.process().isAlive()).isTrue();
                return attempts(events) == attempt
                        && events.getLast().get("type").textValue().endsWith(".delta");
            });
        }
    }

    private static long attempts(List<JsonNode> events) {
        return events.stream()
                .filter(event -> event.get("type").textValue().equals("response.in_progress"))
                .count();
    }

    private static List<JsonNode> events(String body) throws IOException {
        var events = new ArrayList<JsonNode>();
        for (String line : body.lines().toList()) {
            if (line.startsWith("data: {")) {
                events.add(JSON.readTree(line.substring("data: ".length())));
            }
        }
        return events;
    }
}
