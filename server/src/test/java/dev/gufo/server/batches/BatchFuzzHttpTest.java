package dev.gufo.server.batches;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import dev.gufo.server.policy.PolicyFiles;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Lines that no client should send, for every endpoint: each is answered or refused, and never a fault of the server.
 */
@Timeout(300)
class BatchFuzzHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LINES = 150;
    private static final int FILES = 12;

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e99",
            "9223372036854775808",
            "\"\"",
            "\"Hi\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"%s\"".formatted("x".repeat(2_000)),
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[{}]",
            "[1,\"a\"]",
            "{\"type\":\"text\"}",
            "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
            "[".repeat(100) + "]".repeat(100));

    /** Of all endpoints; not those that a file is refused for as a whole. */
    private static final List<String> FIELDS = List.of(
            "messages",
            "system",
            "instructions",
            "input",
            "prompt",
            "suffix",
            "query",
            "documents",
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "n",
            "best_of",
            "echo",
            "stop",
            "stop_sequences",
            "seed",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "json_schema",
            "grammar",
            "text",
            "reasoning",
            "reasoning_effort",
            "thinking",
            "output_config",
            "context_management",
            "include",
            "previous_response_id",
            "conversation",
            "store",
            "truncation",
            "metadata",
            "encoding_format",
            "dimensions",
            "top_n",
            "return_documents",
            "lora",
            "timings",
            "deterministic",
            "speculate",
            "ignore_eos",
            "chat_template_kwargs",
            "stream_options",
            "texts",
            "labels");

    @TempDir
    private Path folder;

    private Storage storage() {
        return Storage.open(Database.open("", folder), Limits.NONE, "");
    }

    private TestServer server(Storage storage) throws IOException {
        var settings = PolicyFiles.settings(
                folder,
                "{'rules':[{'category':'harassment','words':['darn']}],'policies':{'default':{'input':{'*':'block'},'output':{'*':'block'}}}}");
        return new TestServer(
                settings,
                storage,
                new TestModel("scripted", new ScriptedEngine()),
                new TestModel("vectors", vectors(ModelRole.EMBEDDINGS, Pooling.MEAN, 6)),
                new TestModel("ranks", vectors(ModelRole.RERANK, Pooling.RANK, 1)));
    }

    private static ScriptedEngine vectors(ModelRole role, Pooling pooling, int dimensions) {
        return ScriptedEngine.of(role, new EmbeddingInfo(pooling, dimensions, 100, PairFormat.NONE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /v1/chat/completions | {"max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}
            /v1/completions      | {"max_tokens":5,"prompt":["Hi","Ho"]}
            /v1/responses        | {"max_output_tokens":5,"input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}],"store":false}
            /v1/messages         | {"max_tokens":5,"system":"Be kind.","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}
            /v1/embeddings       | {"input":["Hi","Ho"],"encoding_format":"float"}
            /v1/rerank           | {"query":"Hi","documents":["Ho",{"text":"Hu"}],"top_n":1}
            /v1/moderations      | {"input":[{"type":"text","text":"Hi"}]}
            /v1/models/scripted/predict | {"texts":["Hi","Ho"],"instructions":"Be kind.","labels":["yes","no"]}
            """)
    void anyLineIsAnsweredOrRefused(String endpoint, String body) throws Exception {
        var random = new Random(endpoint.hashCode());
        try (Storage storage = storage();
                var server = server(storage)) {
            var lines = new StringBuilder();
            for (int i = 0; i < LINES; i++) {
                lines.append(line(Integer.toString(i), endpoint, changed(random, body)));
            }
            JsonNode batch = run(server, endpoint, lines.toString().getBytes(StandardCharsets.UTF_8));
            assertThat(batch.get("status").textValue()).as(batch.toString()).isEqualTo("completed");
            List<JsonNode> results = results(server, batch);
            assertThat(results).hasSize(LINES).allSatisfy(BatchFuzzHttpTest::isNoFault);
            assertThat(results.stream()
                            .filter(result -> result.at("/response/status_code").intValue() == 200))
                    .hasSizeBetween(1, LINES - 1);

            byte[] good = (line("a", endpoint, body) + line("b", endpoint, body)).getBytes(StandardCharsets.UTF_8);
            for (int round = 0; round < FILES; round++) {
                byte[] file = good.clone();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    file[random.nextInt(file.length)] = (byte)
                            (random.nextBoolean() ? "{}[]\",:0\n".charAt(random.nextInt(9)) : random.nextInt(256));
                }
                assertThat(results(server, run(server, endpoint, file))).allSatisfy(BatchFuzzHttpTest::isNoFault);
            }
        }
    }

    @Test
    void anyRequestOfAMessageBatchIsAnsweredOrRefused() throws Exception {
        String body =
                "{\"max_tokens\":5,\"system\":\"Be kind.\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}]}";
        var random = new Random(11);
        try (Storage storage = storage();
                var server = server(storage)) {
            var requests = new ArrayList<String>();
            for (int i = 0; i < LINES; i++) {
                requests.add("{\"custom_id\":\"%d\",\"params\":%s}".formatted(i, changed(random, body)));
            }
            JsonNode taken = json(
                    server.post("/v1/messages/batches", "{\"requests\":[%s]}".formatted(String.join(",", requests))));
            String path = "/v1/messages/batches/" + taken.path("id").asText();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> json(server.get(path))
                            .path("processing_status")
                            .asText()
                            .equals("ended"));
            List<JsonNode> results = parsed(server.get(path + "/results").body());
            assertThat(results).hasSize(LINES).allSatisfy(result -> {
                assertThat(result.at("/result/type").asText()).isIn("succeeded", "errored");
                assertThat(result.at("/result/error/error/type").asText())
                        .as(result.toString())
                        .isNotIn("api_error", "overloaded_error");
            });
        }
    }

    private static void isNoFault(JsonNode result) {
        assertThat(result.at("/response/status_code").intValue())
                .as(result.toString())
                .isBetween(200, 499);
    }

    /** A body in which one value is another one, or that has a field more. */
    private static String changed(Random random, String body) throws IOException {
        ObjectNode changed = (ObjectNode) JSON.readTree(body);
        JsonNode value = JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
        if (random.nextBoolean()) {
            return changed.set(FIELDS.get(random.nextInt(FIELDS.size())), value).toString();
        }
        ContainerNode<?> place = changed;
        boolean deeper = true;
        while (deeper) {
            List<JsonNode> below = new ArrayList<>();
            place.forEach(below::add);
            JsonNode next = below.isEmpty() ? value : below.get(random.nextInt(below.size()));
            deeper = next instanceof ContainerNode<?> && random.nextInt(3) > 0;
            place = deeper ? (ContainerNode<?>) next : place;
        }
        switch (place) {
            case ObjectNode object -> {
                var names = new ArrayList<String>();
                object.fieldNames().forEachRemaining(names::add);
                object.set(names.isEmpty() ? "a" : names.get(random.nextInt(names.size())), value);
            }
            case ArrayNode array when !array.isEmpty() -> array.set(random.nextInt(array.size()), value);
            default -> {}
        }
        return changed.toString();
    }

    private static String line(String id, String endpoint, String body) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}\n".formatted(id, endpoint, body);
    }

    private static JsonNode run(TestServer server, String endpoint, byte[] lines) throws Exception {
        var uploaded = Uploads.send(server, Uploads.form("lines.jsonl", "batch", lines));
        assertThat(uploaded.statusCode()).isEqualTo(200);
        var taken = server.client.send(
                HttpRequest.newBuilder(server.uri("/v1/batches"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"input_file_id\":\"%s\",\"endpoint\":\"%s\"}"
                                .formatted(json(uploaded).path("id").asText(), endpoint)))
                        .build(),
                BodyHandlers.ofString());
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
        String path = "/v1/batches/" + json(taken).path("id").asText();
        return await().atMost(Duration.ofMinutes(1))
                .until(
                        () -> json(server.get(path)),
                        now -> BatchStatus.of(now.get("status").textValue()).ended());
    }

    private static List<JsonNode> results(TestServer server, JsonNode batch) throws Exception {
        return parsed(server.get("/v1/batches/" + batch.get("id").textValue() + "/results")
                .body());
    }

    private static List<JsonNode> parsed(String lines) throws IOException {
        var parsed = new ArrayList<JsonNode>();
        for (String line : lines.lines().toList()) {
            parsed.add(JSON.readTree(line));
        }
        return parsed;
    }
}
