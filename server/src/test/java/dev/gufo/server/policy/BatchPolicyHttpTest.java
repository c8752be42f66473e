package dev.gufo.server.policy;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.files.Uploads;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lines of batches are held to the same policy as requests at a connection. */
@Timeout(60)
class BatchPolicyHttpTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path data;

    @Test
    void aLineThatIsNotAllowedIsAnErrorOfItsOwn() throws Exception {
        var settings = PolicyFiles.settings(
                folder,
                "{'rules':[{'category':'harassment','words':['darn']}],'policies':{'default':{'input':{'*':'block'}}}}");
        try (Storage storage = Storage.open(Database.open("", data), Limits.NONE, "");
                var server = new TestServer(settings, storage, new TestModel("scripted", new ScriptedEngine()))) {
            String input = Uploads.batchInput(server, line("good", "Hello") + line("bad", "darn it"));
            JsonNode batch = json(server.post(
                    "/v1/batches",
                    "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}"
                            .formatted(input)));
            String path = "/v1/batches/" + batch.path("id").asText();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> json(server.get(path)).path("status").asText().equals("completed"));
            assertThat(json(server.get(path)).at("/request_counts/failed").asInt())
                    .isOne();
            String results = server.get(path + "/results").body();
            assertThat(results).contains("\"status_code\":422", "content_policy_violation");
            assertThat(results.lines()
                            .filter(line -> line.contains("\"status_code\":200"))
                            .toList())
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains("\"good\""));
        }
    }

    private static String line(String id, String text) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}}\n"
                .formatted(id, text);
    }
}
