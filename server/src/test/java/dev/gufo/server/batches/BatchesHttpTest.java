package dev.gufo.server.batches;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import dev.gufo.server.docs.DocumentedApi;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.Uploads;
import dev.gufo.server.policy.PolicyFiles;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches over HTTP: checked as a whole, answered line by line, and every line told exactly once. */
@Timeout(120)
class BatchesHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String HELLO = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = new ScriptedEngine();

    @Test
    void everyLineIsAnsweredOrToldAsAnErrorOfItsOwn() throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String input = Uploads.batchInput(
                    server,
                    line("a", CHAT, "{" + HELLO + "}")
                            + line("b", CHAT, "{" + HELLO + ",\"max_tokens\":-1}")
                            + line("c", CHAT, "{" + HELLO + ",\"model\":null}"));
            JsonNode taken = created(server, input, CHAT, ",\"metadata\":{\"night\":\"1\"}");
            assertThat(taken.get("status").textValue()).isEqualTo("validating");
            assertThat(taken.get("metadata").toString()).isEqualTo("{\"night\":\"1\"}");
            assertThat(taken.get("expires_at").longValue()
                            - taken.get("created_at").longValue())
                    .isEqualTo(86_400);
            JsonNode batch = awaitEnd(server, taken);
            assertThat(batch.get("status").textValue()).isEqualTo("completed");
            assertThat(batch.get("model").textValue()).isEqualTo("scripted");
            assertThat(batch.get("request_counts").toString()).isEqualTo("{\"total\":3,\"completed\":2,\"failed\":1}");
            assertThat(batch.at("/usage/output_tokens").intValue()).isEqualTo(14); // "Hello!" and its end, twice
            assertThat(batch.at("/usage/total_tokens").intValue())
                    .isEqualTo(14 + batch.at("/usage/input_tokens").intValue());
            for (String time : List.of("in_progress_at", "finalizing_at", "completed_at")) {
                assertThat(batch.get(time).longValue()).isPositive();
            }
            assertThat(batch.get("failed_at").isNull()).isTrue();

            List<JsonNode> output = lines(content(server, batch, "output_file_id"));
            assertThat(output).hasSize(2);
            assertThat(output.getFirst().get("custom_id").textValue()).isEqualTo("a");
            assertThat(output.getFirst().get("error").isNull()).isTrue();
            JsonNode response = output.getFirst().get("response");
            assertThat(response.get("status_code").intValue()).isEqualTo(200);
            assertThat(response.at("/body/choices/0/message/content").textValue())
                    .isEqualTo("Hello!");
            List<JsonNode> errors = lines(content(server, batch, "error_file_id"));
            assertThat(errors).hasSize(1);
            assertThat(errors.getFirst().at("/response/status_code").intValue()).isEqualTo(400);
            assertThat(errors.getFirst().at("/response/body/error/param").textValue())
                    .isEqualTo("max_tokens");
            var results = server.get("/v1/batches/" + id(batch) + "/results");
            assertThat(ids(lines(results.body()))).containsExactly("a", "c", "b");
            assertThat(json(server.get("/v1/files?purpose=batch_output")).get("data"))
                    .hasSize(2);
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            assertThat(api.faults("GET /v1/batches/{id}", server.get("/v1/batches/" + id(batch))))
                    .isEmpty();
            assertThat(api.faults("GET /v1/batches", server.get("/v1/batches"))).isEmpty();
            assertThat(api.faults("GET /v1/batches/{id}/results", results)).isEmpty();
            assertThat(api.faults("GET /v1/files", server.get("/v1/files"))).isEmpty();
            assertThat(api.faults("GET /v1/files/{id}", server.get("/v1/files/" + input)))
                    .isEmpty();
            assertThat(api.faults("GET /v1/files/{id}/content", server.get("/v1/files/" + input + "/content")))
                    .isEmpty();
            assertThat(ledger(storage.database(), id(batch)))
                    .containsExactly("/v1/chat/completions completed", "/v1/chat/completions completed");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                /v1/completions  | {"prompt": "Hi"}                                     | /choices/0/text
                /v1/responses    | {"input": "Hi", "store": false}                      | /output/0/content/0/text
                /v1/messages     | {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]} | /content/0/text
                /v1/embeddings   | {"input": "Hi", "encoding_format": "base64"}         | /data/0/embedding
                /v1/rerank       | {"query": "Hi", "documents": ["Ho"], "return_documents": true} | /results/0/document/text
                """)
    void otherEndpointsTakeLinesToo(String endpoint, String body, String text) throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(
                        TestServer.settings(),
                        storage,
                        new TestModel("scripted", engine),
                        vectors("vectors", ModelRole.EMBEDDINGS, Pooling.MEAN, 6),
                        vectors("ranks", ModelRole.RERANK, Pooling.RANK, 1))) {
            String wrong = body.replace("Hi", "");
            String input = Uploads.batchInput(server, line("a", endpoint, body) + line("b", endpoint, wrong));
            JsonNode batch = awaitEnd(server, created(server, input, endpoint, ""));
            JsonNode output = lines(
                            server.get("/v1/batches/" + id(batch) + "/results").body())
                    .getFirst();
            assertThat(output.at("/response/body" + text).textValue())
                    .as(output.toString())
                    .isNotEmpty();
            assertThat(batch.at("/usage/input_tokens").intValue()).isPositive();
            assertThat(ledger(storage.database(), id(batch))).contains(endpoint + " completed");
        }
    }

    @Test
    void moderationsAreLinesForRulesAndForGuardModels() throws Exception {
        String path = "/v1/moderations";
        String guard = "<BEGIN UNSAFE CONTENT CATEGORIES>{{ messages[-1].content }}<END>";
        var settings = PolicyFiles.settings(folder, "{'rules':[{'category':'harassment','words':['darn']}]}");
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(
                        settings,
                        storage,
                        new TestModel("scripted", engine),
                        new TestModel("guard", new ScriptedEngine(2_048, guard)))) {
            String lines = line("a", path, "{\"input\":\"oh darn\"}")
                    + line("b", path, "{\"input\":[\"Hi\"],\"model\":\"omni-moderation-latest\"}")
                    + line("c", path, "{\"input\":\"Hi\",\"model\":\"guard\"}")
                    + line("d", path, "{\"input\":7}");
            JsonNode batch = awaitEnd(server, created(server, Uploads.batchInput(server, lines), path, ""));
            assertThat(batch.get("request_counts").toString()).isEqualTo("{\"total\":4,\"completed\":3,\"failed\":1}");
            assertThat(batch.get("model").isNull()).isTrue();
            List<JsonNode> output = lines(content(server, batch, "output_file_id"));
            assertThat(ids(output)).containsExactly("a", "b", "c");
            assertThat(output.stream()
                            .map(each -> each.at("/response/body/model").asText() + " "
                                    + each.at("/response/body/results/0/flagged")
                                            .asText()))
                    .startsWith("rules true", "rules false")
                    .last()
                    .asString()
                    .startsWith("guard ");
            assertThat(ledger(storage.database(), id(batch)))
                    .containsExactly(path + " completed"); // the guard's tokens

            String unknown = line("e", path, "{\"input\":\"Hi\",\"model\":\"none\"}");
            JsonNode refused = awaitEnd(server, created(server, Uploads.batchInput(server, unknown), path, ""));
            assertThat(refused.get("status").textValue()).isEqualTo("failed");
            assertThat(refused.at("/errors/data/0/code").textValue()).isEqualTo("model_not_found");
            assertThat(refused.at("/errors/data/0/param").textValue()).isEqualTo("body.model");
        }
    }

    @Test
    void predictionsOfOneModelAreLines() throws Exception {
        String path = "/v1/models/scripted/predict";
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String lines = line("a", path, "{\"text\":\"Hi\",\"labels\":[\"yes\",\"no\"]}")
                    + line("b", path, "{\"texts\":[\"Hi\",\"Ho\"]}")
                    + line("c", path, "{}");
            JsonNode batch = awaitEnd(server, created(server, Uploads.batchInput(server, lines), path, ""));
            assertThat(batch.get("request_counts").toString()).isEqualTo("{\"total\":3,\"completed\":2,\"failed\":1}");
            assertThat(batch.get("model").textValue()).isEqualTo("scripted");
            List<JsonNode> output = lines(content(server, batch, "output_file_id"));
            assertThat(output.getFirst().at("/response/body/scores")).hasSize(2);
            assertThat(output.getLast()
                            .at("/response/body/predictions/1/prediction")
                            .textValue())
                    .isEqualTo("Hello!");
            assertThat(ledger(storage.database(), id(batch)))
                    .containsExactly("/v1/models/{id}/predict completed", "/v1/models/{id}/predict completed");
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            assertThat(api.faults("GET /v1/batches/{id}", server.get("/v1/batches/" + id(batch))))
                    .isEmpty();

            String other = path.replace("scripted", "none");
            JsonNode unknown = awaitEnd(
                    server,
                    created(server, Uploads.batchInput(server, line("a", other, "{\"text\":\"Hi\"}")), other, ""));
            assertThat(unknown.at("/errors/data/0/code").textValue()).isEqualTo("model_not_found");
            String elsewhere = line("a", other, "{\"text\":\"Hi\"}");
            JsonNode mixed = awaitEnd(server, created(server, Uploads.batchInput(server, elsewhere), path, ""));
            assertThat(mixed.at("/errors/data/0/code").textValue()).isEqualTo("invalid_url");
        }
    }

    private static TestModel vectors(String id, ModelRole role, Pooling pooling, int dimensions) {
        return new TestModel(id, ScriptedEngine.of(role, new EmbeddingInfo(pooling, dimensions, 100, PairFormat.NONE)));
    }

    @Test
    void aFileWithAWrongLineIsRefusedAsAWholeWithItsNumber() throws Exception {
        String good = line("a", CHAT, "{" + HELLO + "}");
        Map<String, String> wrong = Map.ofEntries(
                Map.entry(good + good, "2 duplicate_custom_id custom_id"),
                Map.entry(good + good.replace("\"custom_id\":\"a\",", ""), "2 missing_required_parameter custom_id"),
                Map.entry(good.replace("\"a\"", "7"), "1 invalid_value custom_id"),
                Map.entry(good.replace("POST", "GET"), "1 invalid_method method"),
                Map.entry(good + line("b", "/v1/completions", "{}"), "2 invalid_url url"),
                Map.entry(line("a", CHAT, "[]"), "1 invalid_value body"),
                Map.entry(line("a", CHAT, "{\"stream\":true}"), "1 unsupported_parameter body.stream"),
                Map.entry(line("a", CHAT, "{\"model\":\"none\"}"), "1 model_not_found body.model"),
                Map.entry(line("a", CHAT, "{\"model\":\"vectors\"}"), "1 model_not_supported body.model"),
                Map.entry(good + line("b", CHAT, "{\"model\":\"vectors\"}"), "2 model_not_supported body.model"),
                Map.entry(good + "{\"custom_id\":", "2 invalid_json_line null"),
                Map.entry(good + "[]", "2 invalid_json_line null"),
                Map.entry(good + "\n" + good.replace("\"a\"", "\"b\""), "2 invalid_json_line null"),
                Map.entry(good + "x".repeat(70_000), "2 line_too_long null"),
                Map.entry("\n", "null empty_file null"));
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(
                        TestServer.settings(),
                        storage,
                        new TestModel("scripted", engine),
                        vectors("vectors", ModelRole.EMBEDDINGS, Pooling.MEAN, 6))) {
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            for (var each : wrong.entrySet()) {
                String input = Uploads.batchInput(server, each.getKey());
                JsonNode batch = awaitEnd(server, created(server, input, CHAT, ""));
                assertThat(batch.get("status").textValue()).isEqualTo("failed");
                JsonNode error = batch.at("/errors/data/0");
                assertThat("%s %s %s"
                                .formatted(
                                        error.get("line"),
                                        error.get("code").textValue(),
                                        error.get("param").isNull()
                                                ? "null"
                                                : error.get("param").textValue()))
                        .as(error.toString())
                        .isEqualTo(each.getValue());
                assertThat(batch.get("output_file_id").isNull()).isTrue();
                assertThat(api.faults("GET /v1/batches/{id}", server.get("/v1/batches/" + id(batch))))
                        .isEmpty();
                assertThat(delete(server, "/v1/files/" + input).statusCode()).isEqualTo(200);
            }
            assertThat(engine.started).isEmpty();
        }
    }

    @Test
    void aByteOrderMarkCarriageReturnsAndABlankLastLineAreNoMistakes() throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String lines = "\uFEFF" + line("a", CHAT, "{" + HELLO + "}") + line("b", CHAT, "{" + HELLO + "}") + "\n \n";
            String input = Uploads.batchInput(server, lines.replace("\n", "\r\n"));
            JsonNode batch = awaitEnd(server, created(server, input, CHAT, ""));
            assertThat(batch.at("/request_counts/completed").intValue())
                    .as(batch.toString())
                    .isEqualTo(2);
        }
    }

    @Test
    void aRequestForABatchIsChecked() throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String input = Uploads.batchInput(server, "x");
            Map<String, String> wrong = Map.of(
                    "{}",
                    "input_file_id",
                    "{\"input_file_id\":\"" + input + "\"}",
                    "endpoint",
                    body(input, "/v1/models", ""),
                    "endpoint",
                    body("file-0", CHAT, ""),
                    "input_file_id",
                    body(input, CHAT, ",\"completion_window\":\"1h\""),
                    "completion_window",
                    body(input, CHAT, ",\"metadata\":7"),
                    "metadata",
                    body(input, CHAT, ",\"output_expires_after\":{\"anchor\":\"now\"}"),
                    "output_expires_after.anchor",
                    body(input, CHAT, ",\"output_expires_after\":{\"anchor\":\"created_at\",\"seconds\":1}"),
                    "output_expires_after.seconds");
            for (var each : wrong.entrySet()) {
                var refused = server.post("/v1/batches", each.getKey());
                assertThat(refused.statusCode()).as(each.getKey()).isEqualTo(400);
                assertThat(json(refused).at("/error/param").textValue()).isEqualTo(each.getValue());
            }
            assertThat(server.get("/v1/batches/batch_0").body()).contains("batch_not_found");
        }
    }

    @Test
    void aCancelledBatchKeepsWhatIsDoneAndTellsTheRest() throws Exception {
        engine.hold();
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String input = Uploads.batchInput(server, manyLines(5));
            JsonNode batch = created(server, input, CHAT, "");
            finish(engine.started.take(), "Done");
            String path = "/v1/batches/" + id(batch);
            await().until(() -> lines(server.get(path + "/results").body()).size() == 1);
            var inUse = delete(server, "/v1/files/" + input);
            assertThat(inUse.statusCode()).isEqualTo(409);
            assertThat(server.post(path + "/cancel", "{}").body()).contains("\"cancelling_at\":1");
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.get("status").textValue()).isEqualTo("cancelled");
            assertThat(ended.get("request_counts").toString()).isEqualTo("{\"total\":5,\"completed\":1,\"failed\":4}");
            List<JsonNode> results = lines(server.get(path + "/results").body());
            assertThat(new TreeSet<>(ids(results))).containsExactly("0", "1", "2", "3", "4");
            assertThat(results.getLast().at("/error/code").textValue()).isEqualTo("batch_cancelled");
            assertThat(results.getLast().get("response").isNull()).isTrue();
            assertThat(server.post(path + "/cancel", "{}").statusCode()).isEqualTo(200);
            assertThat(delete(server, "/v1/files/" + input).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatIsNotDoneInItsTimeExpires() throws Exception {
        engine.hold();
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            JsonNode batch = created(server, Uploads.batchInput(server, manyLines(3)), CHAT, "");
            finish(engine.started.take(), "Done");
            await().until(() ->
                    lines(server.get("/v1/batches/" + id(batch) + "/results").body())
                                    .size()
                            == 1);
            storage.database().write(session -> session.update("UPDATE batch SET expires = 1"));
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.get("status").textValue()).isEqualTo("expired");
            assertThat(lines(content(server, ended, "error_file_id")))
                    .hasSize(2)
                    .allMatch(line -> line.at("/error/code").textValue().equals("batch_expired"));
            var tooLate = server.post("/v1/batches/" + id(batch) + "/cancel", "{}");
            assertThat(tooLate.statusCode()).isEqualTo(409);
            assertThat(tooLate.body()).contains("batch_ended");
        }
    }

    @Test
    void linesTakeTheirShareOfTheSequencesAndOnlyFreeOnes() throws Exception {
        engine.hold().status(new EngineStatus.Ready(3, 1)); // of 4 sequences
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            JsonNode batch = created(server, Uploads.batchInput(server, manyLines(6)), CHAT, "");
            await().until(() -> json(server.get("/v1/batches/" + id(batch)))
                    .get("status")
                    .textValue()
                    .equals("in_progress"));
            var interactive = server.client.sendAsync(server.chatRequest("{" + HELLO + "}"), BodyHandlers.ofString());
            var first = engine.started.take(); // lines still wait for a free sequence
            assertThat(first.request().owner().id()).isEqualTo("anonymous");
            finish(first, "Mine");
            assertThat(interactive.get().statusCode()).isEqualTo(200);
            assertThat(engine.started).isEmpty();
            engine.status(new EngineStatus.Ready(0, 0));
            var running = new ArrayList<ScriptedEngine.Scripted>();
            for (int i = 0; i < 6; i++) {
                var next = engine.started.take();
                assertThat(next.request().owner().id()).isEqualTo("batches of anonymous");
                assertThat(next.request().owner().weight()).isEqualTo(1);
                running.add(next);
                if (running.size() == 2) { // half of 4
                    assertThat(engine.started).isEmpty();
                    finish(running.removeFirst(), "x");
                }
            }
            running.forEach(each -> finish(each, "x"));
            assertThat(awaitEnd(server, batch).at("/request_counts/completed").intValue())
                    .isEqualTo(6);
        }
    }

    @Test
    void linesOfSeveralModelsRunModelByModelAndThoseThatBeginAlikeTogether() throws Exception {
        var other = new ScriptedEngine();
        engine.hold();
        other.hold();
        String long1 = "Be kind. ".repeat(50);
        String long2 = "Be brief. ".repeat(50);
        String lines = ordered("a", "scripted", long1)
                + ordered("b", "other", long1)
                + ordered("c", "scripted", long2)
                + ordered("d", "other", long1)
                + ordered("e", "scripted", long1);
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(
                        TestServer.settings().with().batchShare(0.25).build(),
                        storage,
                        new TestModel("scripted", engine),
                        new TestModel("other", other))) {
            JsonNode batch = created(server, Uploads.batchInput(server, lines), CHAT, "");
            for (String id : List.of("a", "e", "c")) { // one after the other: a quarter of 4 sequences
                var next = engine.started.take();
                assertThat(prompt(next)).contains("question " + id);
                finish(next, id);
            }
            for (String id : List.of("b", "d")) {
                var next = other.started.take();
                assertThat(prompt(next)).contains("question " + id);
                finish(next, id);
            }
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.at("/request_counts/completed").intValue()).isEqualTo(5);
            assertThat(ended.get("model").isNull()).isTrue();
            assertThat(ids(lines(content(server, ended, "output_file_id")))).containsExactly("a", "b", "c", "d", "e");
        }
    }

    private static String ordered(String id, String model, String system) {
        return line(
                id,
                CHAT,
                "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":\"question %s\"}]}"
                        .formatted(model, system, id));
    }

    private static String prompt(ScriptedEngine.Scripted generation) {
        var text = new StringBuilder();
        for (int token : generation.request().prompt()) {
            text.append((char) token);
        }
        return text.toString();
    }

    @Test
    void outsideItsHoursABatchWaits() throws Exception {
        LocalTime now = LocalTime.now(ZoneId.systemDefault());
        var never = new BatchHours(now.plusHours(8), now.plusHours(9));
        var always = new BatchHours(now.minusHours(1), now.plusHours(8));
        JsonNode batch;
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(hours(never), storage, new TestModel("scripted", engine))) {
            batch = created(server, Uploads.batchInput(server, manyLines(4)), CHAT, "");
            await().until(() -> json(server.get("/v1/batches/" + id(batch)))
                    .get("status")
                    .textValue()
                    .equals("in_progress"));
            assertThat(server.post(CHAT, "{" + HELLO + "}").statusCode()).isEqualTo(200);
            assertThat(engine.started.take().request().owner().id()).isEqualTo("anonymous");
            assertThat(engine.started).isEmpty();
        }
        engine.hold();
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(hours(always), storage, new TestModel("scripted", engine))) {
            var running = new ArrayList<ScriptedEngine.Scripted>();
            for (int i = 0; i < 4; i++) {
                running.add(engine.started.take()); // all 4 sequences at once
            }
            running.forEach(each -> finish(each, "x"));
            assertThat(awaitEnd(server, batch).at("/request_counts/completed").intValue())
                    .isEqualTo(4);
        }
    }

    private static ServerSettings hours(BatchHours hours) {
        return TestServer.settings()
                .with()
                .batchShare(0)
                .batchHours(Optional.of(hours))
                .build();
    }

    @Test
    void aLineWithWhichServersDieAgainAndAgainIsGivenUp() throws Exception {
        engine.hold();
        JsonNode batch;
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            batch = created(server, Uploads.batchInput(server, manyLines(4)), CHAT, "");
            engine.started.take();
            engine.started.take();
        }
        for (int deaths = 1; deaths <= LineRun.MOST_DEATHS; deaths++) {
            // What a server leaves that is killed: rows of the ledger that no one settled.
            try (Database database = Database.open("", folder)) {
                int rows = database.write(session ->
                        session.update("UPDATE ledger SET status = 'server_died' WHERE request_id LIKE 'batch_req_%'"));
                assertThat(rows).isEqualTo(deaths == 1 ? 2 : 1);
            }
            var next = new ScriptedEngine();
            next.hold();
            try (Storage storage = storage(Limits.NONE);
                    var server = new TestServer(TestServer.settings(), storage, new TestModel("scripted", next))) {
                if (deaths < LineRun.MOST_DEATHS) {
                    next.started.take();
                    assertThat(next.started).isEmpty(); // alone
                } else {
                    for (int i = 0; i < 3; i++) {
                        finish(next.started.take(), "x");
                    }
                    JsonNode ended = awaitEnd(server, batch);
                    assertThat(ended.get("request_counts").toString())
                            .isEqualTo("{\"total\":4,\"completed\":3,\"failed\":1}");
                    JsonNode error =
                            lines(content(server, ended, "error_file_id")).getFirst();
                    assertThat(error.get("custom_id").textValue()).isEqualTo("0");
                    assertThat(error.at("/response/status_code").intValue()).isEqualTo(500);
                    assertThat(error.at("/response/body/error/message").textValue())
                            .contains("died 3 times");
                }
            }
        }
    }

    @Test
    void aLineWhoseWorkersDiedIsTriedOnceMoreAlone() throws Exception {
        engine.failing(new EngineException.Restarted("lost", 3));
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            JsonNode batch = created(server, Uploads.batchInput(server, manyLines(2)), CHAT, "");
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.get("request_counts").toString()).isEqualTo("{\"total\":2,\"completed\":0,\"failed\":2}");
            assertThat(lines(content(server, ended, "error_file_id"))
                            .getFirst()
                            .at("/response/body/error/code")
                            .textValue())
                    .isEqualTo("engine_restarted");
            List<Integer> deaths = storage.database()
                    .read(session -> session.list("SELECT line FROM batch_death", row -> row.getInt(1)));
            assertThat(deaths).isEmpty();
        }
    }

    @Test
    void aBatchThatAServerPutDownGoesOnInTheNextOne() throws Exception {
        engine.hold();
        JsonNode batch;
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            batch = created(server, Uploads.batchInput(server, manyLines(4)), CHAT, "");
            finish(engine.started.take(), "First");
            await().until(() ->
                    lines(server.get("/v1/batches/" + id(batch) + "/results").body())
                                    .size()
                            == 1);
            engine.started.take();
        }
        var other = new ScriptedEngine();
        try (Storage storage = storage(Limits.NONE);
                var server = new TestServer(TestServer.settings(), storage, new TestModel("scripted", other))) {
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.get("status").textValue()).isEqualTo("completed");
            List<JsonNode> results =
                    lines(server.get("/v1/batches/" + id(batch) + "/results").body());
            assertThat(ids(results)).containsExactlyInAnyOrder("0", "1", "2", "3");
            assertThat(other.started).hasSize(3);
            assertThat(ledger(storage.database(), id(batch)))
                    .hasSize(4)
                    .allMatch(row -> row.equals("/v1/chat/completions completed"));
        }
    }

    @Test
    void aBatchIsItsOwnersAndFollowsTheOwnersKey() throws Exception {
        Limits minute = new Limits(Map.of(Limit.REQUESTS_PER_MINUTE, 4L, Limit.TOKENS_PER_MINUTE, 10L));
        try (Storage storage = storage(minute)) {
            var keys = storage.keys().store();
            var alice = keys.create(StoredKey.Terms.named("alice"));
            String bob = "Bearer " + keys.create(StoredKey.Terms.named("bob")).secret();
            String root = "Bearer "
                    + keys.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            String own = "Bearer " + alice.secret();
            try (var server = server(storage)) {
                String input = Uploads.batchInput(server, manyLines(12), "Authorization", own);
                assertThat(post(server, "/v1/batches", body(input, CHAT, ""), bob)
                                .statusCode())
                        .isEqualTo(400);
                String id = id(json(post(server, "/v1/batches", body(input, CHAT, ""), own)));
                // The limits per minute would let none of twelve lines pass.
                JsonNode batch = await().until(
                                () -> json(server.get("/v1/batches/" + id, "Authorization", root)),
                                now -> now.get("status").textValue().equals("completed"));
                assertThat(batch.at("/request_counts/completed").intValue()).isEqualTo(12);
                assertThat(server.get("/v1/batches/" + id, "Authorization", bob).statusCode())
                        .isEqualTo(404);
                assertThat(server.get("/v1/batches/" + id + "/results", "Authorization", bob)
                                .statusCode())
                        .isEqualTo(404);
                assertThat(post(server, "/v1/batches/" + id + "/cancel", "{}", bob)
                                .statusCode())
                        .isEqualTo(404);
                assertThat(json(server.get("/v1/batches", "Authorization", bob)).get("data"))
                        .isEmpty();
            }
        }
    }

    @Test
    void aLineThatTheBudgetHasNoRoomForIsToldSo() throws Exception {
        try (Storage storage = storage(new Limits(Map.of(Limit.TOKENS_PER_MONTH, 300L)));
                var server = server(storage)) {
            String chat = "{\"max_tokens\":20,\"n\":%d," + HELLO + "}";
            String lines = line("a", CHAT, chat.formatted(1))
                    + line("b", CHAT, chat.formatted(16))
                    + line("c", CHAT, chat.formatted(1));
            JsonNode batch = awaitEnd(server, created(server, Uploads.batchInput(server, lines), CHAT, ""));
            assertThat(ids(lines(content(server, batch, "output_file_id")))).containsExactly("a", "c");
            JsonNode error = lines(content(server, batch, "error_file_id")).getFirst();
            assertThat(error.get("custom_id").textValue()).isEqualTo("b");
            assertThat(error.at("/response/status_code").intValue()).isEqualTo(429);
            assertThat(error.at("/response/body/error/code").textValue()).isEqualTo("insufficient_quota");
        }
    }

    @Test
    void theRestOfABatchWhoseKeyIsRevokedIsToldAsErrors() throws Exception {
        engine.hold();
        try (Storage storage = storage(Limits.NONE)) {
            var keys = storage.keys().store();
            var alice = keys.create(StoredKey.Terms.named("alice"));
            String root = "Bearer "
                    + keys.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            String own = "Bearer " + alice.secret();
            try (var server = server(storage)) {
                String input = Uploads.batchInput(server, manyLines(5), "Authorization", own);
                String id = id(json(post(server, "/v1/batches", body(input, CHAT, ""), own)));
                var first = engine.started.take();
                var second = engine.started.take();
                keys.revoke(alice.key().id());
                finish(first, "x");
                finish(second, "x");
                JsonNode batch = await().until(
                                () -> json(server.get("/v1/batches/" + id, "Authorization", root)),
                                now -> now.get("status").textValue().equals("completed"));
                assertThat(batch.get("request_counts").toString())
                        .isEqualTo("{\"total\":5,\"completed\":2,\"failed\":3}");
                List<JsonNode> results = lines(server.get("/v1/batches/" + id + "/results", "Authorization", root)
                        .body());
                assertThat(results.getLast().at("/response/status_code").intValue())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void contentsThatAreDamagedFailTheBatch() throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String input = Uploads.batchInput(server, manyLines(2));
            Files.writeString(folder.resolve("files").resolve(input), "x");
            JsonNode batch = awaitEnd(server, created(server, input, CHAT, ""));
            assertThat(batch.get("status").textValue()).isEqualTo("failed");
            assertThat(batch.at("/errors/data/0/code").textValue()).isEqualTo("file_damaged");
        }
    }

    @Test
    void batchesAreListedInPages() throws Exception {
        try (Storage storage = storage(Limits.NONE);
                var server = server(storage)) {
            String input = Uploads.batchInput(server, manyLines(1));
            List<String> made = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                JsonNode batch = created(server, input, CHAT, "");
                awaitEnd(server, batch);
                made.addFirst(id(batch));
            }
            JsonNode first = json(server.get("/v1/batches?limit=2"));
            assertThat(first.get("has_more").booleanValue()).isTrue();
            JsonNode rest = json(server.get(
                    "/v1/batches?limit=2&after=" + first.get("last_id").textValue()));
            assertThat(rest.get("has_more").booleanValue()).isFalse();
            assertThat(List.of(id(first.at("/data/0")), id(first.at("/data/1")), id(rest.at("/data/0"))))
                    .isEqualTo(made);
            for (String wrong : List.of("limit=0", "limit=101", "after=batch_0")) {
                assertThat(server.get("/v1/batches?" + wrong).statusCode()).isEqualTo(400);
            }
        }
    }

    @Test
    void postgresqlRunsThemToo() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        var files = new FileStore.Settings(Optional.of(folder.resolve("files")), 1 << 20, 0, Duration.ZERO);
        ServerSettings settings = TestServer.settings().with().files(files).build();
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Storage storage = Storage.open(Database.open(postgresql.url(), folder), Limits.NONE, "");
                var server = new TestServer(settings, storage, new TestModel("scripted", engine))) {
            JsonNode batch = created(server, Uploads.batchInput(server, manyLines(3)), CHAT, "");
            assertThat(awaitEnd(server, batch).at("/request_counts/completed").intValue())
                    .isEqualTo(3);
            assertThat(json(server.get("/v1/batches?after=" + id(batch))).get("data"))
                    .isEmpty();
        }
    }

    private Storage storage(Limits limits) {
        return Storage.open(Database.open("", folder), limits, "");
    }

    private TestServer server(Storage storage) {
        return new TestServer(TestServer.settings(), storage, new TestModel("scripted", engine));
    }

    private static void finish(ScriptedEngine.Scripted generation, String text) {
        generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        generation.text(text);
        generation.finish(GenerationEvent.FinishReason.STOP);
    }

    private static String line(String id, String url, String body) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}\n".formatted(id, url, body);
    }

    private static String manyLines(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> line(Integer.toString(i), CHAT, "{" + HELLO + "}"))
                .collect(Collectors.joining());
    }

    private static String body(String input, String endpoint, String more) {
        return "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\"%s}".formatted(input, endpoint, more);
    }

    private static JsonNode created(TestServer server, String input, String endpoint, String more)
            throws IOException, InterruptedException {
        var answer = server.post("/v1/batches", body(input, endpoint, more));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static JsonNode awaitEnd(TestServer server, JsonNode batch) {
        return await().until(
                        () -> json(server.get("/v1/batches/" + id(batch))),
                        now -> BatchStatus.of(now.get("status").textValue()).ended());
    }

    private static String id(JsonNode object) {
        return object.path("id").asText(object.toString());
    }

    private static String content(TestServer server, JsonNode batch, String file)
            throws IOException, InterruptedException {
        return server.get("/v1/files/" + batch.get(file).textValue() + "/content")
                .body();
    }

    private static List<JsonNode> lines(String text) {
        return text.lines()
                .map(line -> {
                    try {
                        return JSON.readTree(line);
                    } catch (IOException e) {
                        throw new AssertionError("no JSON: " + line, e);
                    }
                })
                .toList();
    }

    private static List<String> ids(List<JsonNode> lines) {
        return lines.stream().map(line -> line.get("custom_id").textValue()).toList();
    }

    /** The rows of a batch's lines. */
    private static List<String> ledger(Database database, String batch) {
        return await().until(
                        () -> database.read(session -> session.list(
                                "SELECT endpoint, status FROM ledger WHERE request_id LIKE ?",
                                row -> row.getString(1) + " " + row.getString(2),
                                "batch_req_" + batch.substring("batch_".length()) + "_%")),
                        rows -> rows.stream().noneMatch(row -> row.endsWith(" open")));
    }

    private static HttpResponse<String> delete(TestServer server, String path)
            throws IOException, InterruptedException {
        return server.client.send(
                HttpRequest.newBuilder(server.uri(path)).DELETE().build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(TestServer server, String path, String body, String authorization)
            throws IOException, InterruptedException {
        return server.client.send(
                HttpRequest.newBuilder(server.uri(path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", authorization)
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }
}
