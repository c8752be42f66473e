package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;

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

/** What administrators see of everyone's kept responses, and do about them. */
@Timeout(60)
class AdminResponsesHttpTest {
    @TempDir
    private Path folder;

    private final ScriptedEngine engine = Dialogue.engine("A secret.");
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
    void everyonesResponsesAreListedWithoutWhatTheySay() throws Exception {
        String first = made(gufo.user, "");
        String second = made(gufo.admin, "");
        made(gufo.user, ",\"store\":false");
        JsonNode all = gufo.asked("GET /admin/responses", "/admin/responses", 200);
        assertThat(all.toString()).doesNotContain("secret", "Good evening");
        assertThat(all.at("/data/0/id").asText()).isEqualTo(second);
        assertThat(all.at("/data/1/id").asText()).isEqualTo(first);
        assertThat(all.at("/data/1/key_name").asText()).isEqualTo("user");
        assertThat(all.at("/data/1/model").asText()).isEqualTo("scripted");
        assertThat(all.at("/data/1/status").asText()).isEqualTo("completed");
        assertThat(all.at("/totals/responses").asInt()).isEqualTo(2);
        assertThat(all.at("/totals/response_bytes").asLong()).isPositive();
        JsonNode page = gufo.asked("GET /admin/responses", "/admin/responses?limit=1", 200);
        assertThat(page.path("has_more").asBoolean()).isTrue();
        JsonNode rest = gufo.asked("GET /admin/responses", "/admin/responses?after=" + second, 200);
        assertThat(rest.path("data")).hasSize(1);
    }

    @Test
    void aResponseInTheBackgroundIsCancelledAndDeletedWhosesoeverItIs() throws Exception {
        engine.hold();
        String id = made(gufo.user, ",\"background\":true");
        assertThat(engine.started.take()).isNotNull();
        JsonNode open = gufo.asked("GET /admin/responses", "/admin/responses?unfinished=true", 200);
        assertThat(open.at("/data/0/id").asText()).isEqualTo(id);
        assertThat(open.at("/totals/unfinished").asInt()).isEqualTo(1);
        JsonNode cancelled = gufo.asked("POST /admin/responses/{id}/cancel", "/admin/responses/" + id + "/cancel", 200);
        assertThat(cancelled.path("status").asText()).isEqualTo("cancelled");
        assertThat(cancelled.path("unfinished").asBoolean()).isFalse();
        assertThat(TestServer.json(gufo.send("GET", "/v1/responses/" + id, "", gufo.user))
                        .path("status")
                        .asText())
                .isEqualTo("cancelled");
        gufo.asked("DELETE /admin/responses/{id}", "/admin/responses/" + id, 200);
        assertThat(gufo.send("GET", "/v1/responses/" + id, "", gufo.user).statusCode())
                .isEqualTo(404);
        gufo.asked("DELETE /admin/responses/{id}", "/admin/responses/" + id, 404);
    }

    @Test
    void wrongQuestionsSayWhatIsWrong() throws Exception {
        for (String wrong : List.of("limit=0", "limit=101", "after=resp_none")) {
            JsonNode error = gufo.asked("GET /admin/responses", "/admin/responses?" + wrong, 400);
            assertThat(error.at("/error/param").asText()).isEqualTo(wrong.substring(0, wrong.indexOf('=')));
        }
        gufo.asked("POST /admin/responses/{id}/cancel", "/admin/responses/none/cancel", 404);
        assertThat(gufo.send("GET", "/admin/responses", "", gufo.user).statusCode())
                .isEqualTo(403);
    }

    private String made(String key, String more) throws IOException, InterruptedException {
        var response = gufo.send("POST", "/v1/responses", "{\"input\":\"Good evening\"" + more + "}", key);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        String id = TestServer.json(response).path("id").asText();
        if (!more.contains("false")) { // it is in the database when it can be read
            assertThat(gufo.send("GET", "/v1/responses/" + id, "", key).statusCode())
                    .isEqualTo(200);
        }
        return id;
    }
}
