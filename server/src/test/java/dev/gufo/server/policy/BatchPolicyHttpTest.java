package dev.gufo.server.policy;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.files.Uploads;
import dev.gufo.store.ModelRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines of batches are held to the same policy as requests at a connection. */
@Timeout(60)
class BatchPolicyHttpTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path data;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /v1/chat/completions | {"messages":[{"role":"user","content":"TEXT"}]}
            /v1/completions      | {"prompt":"TEXT"}
            /v1/responses        | {"input":"TEXT","store":false}
            /v1/messages         | {"max_tokens":9,"messages":[{"role":"user","content":"TEXT"}]}
            /v1/embeddings       | {"input":["TEXT"]}
            /v1/rerank           | {"query":"a","documents":["TEXT"]}
            /v1/models/scripted/predict | {"text":"a","labels":["b","TEXT"]}
            """)
    void aLineThatIsNotAllowedIsAnErrorOfItsOwn(String endpoint, String body) throws Exception {
        var settings = PolicyFiles.settings(
                folder,
                "{'rules':[{'category':'harassment','words':['darn']}],'policies':{'default':{'input':{'*':'block'}}}}");
        try (Storage storage = Storage.open(Database.open("", data), Limits.NONE, "");
                var server = new TestServer(
                        settings,
                        storage,
                        new TestModel("scripted", new ScriptedEngine()),
                        new TestModel("vectors", vectors(ModelRole.EMBEDDINGS, Pooling.MEAN, 6)),
                        new TestModel("ranks", vectors(ModelRole.RERANK, Pooling.RANK, 1)))) {
            String input = Uploads.batchInput(
                    server, line("good", endpoint, body, "Hello") + line("bad", endpoint, body, "darn it"));
            JsonNode batch = json(server.post(
                    "/v1/batches",
                    "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                            .formatted(input, endpoint)));
            String path = "/v1/batches/" + batch.path("id").asText();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> json(server.get(path)).path("status").asText().equals("completed"));
            assertThat(json(server.get(path)).at("/request_counts/failed").asInt())
                    .isOne();
            String results = server.get(path + "/results").body();
            assertThat(results)
                    .contains("\"status_code\":422", "is not allowed by this server's policy: harassment")
                    .doesNotContain("darn");
            assertThat(results.lines()
                            .filter(line -> line.contains("\"status_code\":200"))
                            .toList())
                    .hasSize(1)
                    .allSatisfy(line -> assertThat(line).contains("\"good\""));
            await().until(
                            () -> storage.database()
                                    .read(session -> session.list(
                                            "SELECT status, policy FROM ledger ORDER BY status",
                                            row -> row.getString(1) + ": " + row.getString(2))),
                            List.of("completed: ", "refused: input block harassment")::equals);
        }
    }

    private static ScriptedEngine vectors(ModelRole role, Pooling pooling, int dimensions) {
        return ScriptedEngine.of(role, new EmbeddingInfo(pooling, dimensions, 100, PairFormat.NONE));
    }

    private static String line(String id, String endpoint, String body, String text) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}\n"
                .formatted(id, endpoint, body.replace("TEXT", text));
    }
}
