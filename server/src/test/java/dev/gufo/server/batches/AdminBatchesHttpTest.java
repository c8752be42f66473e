package dev.gufo.server.batches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.KeyedServer;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What administrators see of everyone's batches, and do about them. */
@Timeout(60)
class AdminBatchesHttpTest {
    @TempDir
    private Path folder;

    private final ScriptedEngine engine = new ScriptedEngine();
    private KeyedServer gufo;

    @BeforeEach
    void start() throws Exception {
        gufo = new KeyedServer(folder, TestServer.settings(), new TestModel("scripted", engine));
    }

    @AfterEach
    void stop() {
        gufo.close();
    }

    @Test
    void everyonesBatchesAreListedWithTheirKeysAndPagedThrough() throws Exception {
        String first = made(gufo.user, 9);
        awaitEnd(first);
        String second = made(gufo.admin, 9);
        awaitEnd(second);
        JsonNode all = gufo.asked("GET /admin/batches", "/admin/batches", 200);
        assertThat(all.at("/data/0/batch/id").asText()).isEqualTo(second);
        assertThat(all.at("/data/0/key_name").asText()).isEqualTo("root");
        assertThat(all.at("/data/1/key_name").asText()).isEqualTo("user");
        assertThat(all.at("/data/1/batch/request_counts/completed").asInt()).isEqualTo(2);
        assertThat(all.path("has_more").asBoolean()).isFalse();
        JsonNode page = gufo.asked("GET /admin/batches", "/admin/batches?limit=1", 200);
        assertThat(page.path("has_more").asBoolean()).isTrue();
        JsonNode next = gufo.asked("GET /admin/batches", "/admin/batches?after=" + second, 200);
        assertThat(next.at("/data/0/batch/id").asText()).isEqualTo(first);
        assertThat(gufo.asked("GET /admin/batches", "/admin/batches?status=completed", 200)
                        .path("data"))
                .hasSize(2);
        assertThat(gufo.asked("GET /admin/batches", "/admin/batches?status=open", 200)
                        .path("data"))
                .isEmpty();
    }

    @Test
    void aBatchOfSomeoneElseIsCancelledWhileItRuns() throws Exception {
        engine.hold();
        String id = made(gufo.user, 9);
        assertThat(engine.started.take()).isNotNull();
        JsonNode open = gufo.asked("GET /admin/batches", "/admin/batches?status=open", 200);
        assertThat(open.at("/data/0/batch/status").asText()).isEqualTo("in_progress");
        JsonNode cancelled = gufo.asked("POST /admin/batches/{id}/cancel", "/admin/batches/" + id + "/cancel", 200);
        assertThat(cancelled.at("/batch/status").asText()).startsWith("cancel");
        assertThat(awaitEnd(id).at("/data/0/batch/status").asText()).isEqualTo("cancelled");
    }

    @Test
    void resultsAreSavedTogetherOrByHowTheyCameOut() throws Exception {
        String id = made(gufo.user, -1);
        awaitEnd(id);
        String path = "/admin/batches/" + id + "/results";
        assertThat(ids(path)).containsExactly("good", "other");
        assertThat(ids(path + "?outcome=completed")).containsExactly("good");
        assertThat(ids(path + "?outcome=failed")).containsExactly("other");
        gufo.asked("POST /admin/batches/{id}/cancel", "/admin/batches/" + id + "/cancel", 409); // it has ended
    }

    @Test
    void wrongQuestionsSayWhatIsWrong() throws Exception {
        for (String wrong : List.of("limit=0", "limit=101", "after=batch_none", "status=soon")) {
            JsonNode error = gufo.asked("GET /admin/batches", "/admin/batches?" + wrong, 400);
            assertThat(error.at("/error/param").asText()).isEqualTo(wrong.substring(0, wrong.indexOf('=')));
        }
        String id = made(gufo.user, 9);
        gufo.asked("GET /admin/batches/{id}/results", "/admin/batches/" + id + "/results?outcome=fine", 400);
        gufo.asked("GET /admin/batches/{id}/results", "/admin/batches/none/results", 404);
        gufo.asked("POST /admin/batches/{id}/cancel", "/admin/batches/none/cancel", 404);
        assertThat(gufo.send("GET", "/admin/batches", "", gufo.user).statusCode())
                .isEqualTo(403);
    }

    /** Two requests, the second with this limit. */
    private String made(String key, int maxTokens) throws IOException, InterruptedException {
        String request =
                "{\"custom_id\":\"%s\",\"params\":{\"model\":\"scripted\",\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}";
        var response = gufo.send(
                "POST",
                "/v1/messages/batches",
                "{\"requests\":[" + request.formatted("good", 9) + "," + request.formatted("other", maxTokens) + "]}",
                key);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return TestServer.json(response).path("id").asText();
    }

    private JsonNode awaitEnd(String id) {
        return await().until(
                        () -> gufo.asked("GET /admin/batches", "/admin/batches", 200),
                        now -> now.path("data")
                                .valueStream()
                                .map(each -> each.path("batch"))
                                .anyMatch(batch -> batch.path("id").asText().equals(id)
                                        && BatchStatus.of(batch.path("status").asText())
                                                .ended()));
    }

    private List<String> ids(String path) throws IOException, InterruptedException {
        return gufo.send("GET", path, "", gufo.admin)
                .body()
                .lines()
                .map(line -> line.replaceAll(".*\"custom_id\":\"([a-z]+)\".*", "$1"))
                .toList();
    }
}
