package dev.gufo.server.batches;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Anthropic's Message Batches over HTTP. */
@Timeout(120)
class MessageBatchesHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/v1/messages/batches";

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = new ScriptedEngine();

    @Test
    void everyRequestSucceedsOrHasAnErrorInAnthropicsForm() throws Exception {
        try (Storage storage = storage();
                var server = server(storage)) {
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            var answer = server.post(PATH, body(request("a", 9), request("b", -1), request("c", 9)));
            assertThat(api.faults("POST " + PATH, answer)).isEmpty();
            JsonNode taken = json(answer);
            assertThat(taken.get("processing_status").textValue()).isEqualTo("in_progress");
            assertThat(taken.get("request_counts").toString())
                    .isEqualTo("{\"processing\":3,\"succeeded\":0,\"errored\":0,\"canceled\":0,\"expired\":0}");
            assertThat(Duration.between(
                            Instant.parse(taken.get("created_at").textValue()),
                            Instant.parse(taken.get("expires_at").textValue())))
                    .isEqualTo(Duration.ofDays(1));
            JsonNode batch = awaitEnd(server, taken);
            assertThat(batch.get("request_counts").toString())
                    .isEqualTo("{\"processing\":0,\"succeeded\":2,\"errored\":1,\"canceled\":0,\"expired\":0}");
            assertThat(batch.get("ended_at").textValue()).isNotNull();
            String url = batch.get("results_url").textValue();
            assertThat(url)
                    .isEqualTo(server.uri(PATH + "/" + id(batch) + "/results").toString());
            Map<String, JsonNode> results = results(server, batch);
            assertThat(results.keySet()).containsExactlyInAnyOrder("a", "b", "c");
            assertThat(results.get("a").get("type").textValue()).isEqualTo("succeeded");
            assertThat(results.get("a").at("/message/content/0/text").textValue())
                    .isEqualTo("Hello!");
            JsonNode wrong = results.get("b");
            assertThat(wrong.get("type").textValue()).isEqualTo("errored");
            assertThat(wrong.at("/error/type").textValue()).isEqualTo("error");
            assertThat(wrong.at("/error/error/type").textValue()).isEqualTo("invalid_request_error");
            assertThat(wrong.at("/error/error/message").textValue()).contains("max_tokens");

            String one = PATH + "/" + id(batch);
            assertThat(api.faults("GET " + PATH + "/{id}", server.get(one))).isEmpty();
            assertThat(api.faults("GET " + PATH + "/{id}/results", server.get(one + "/results")))
                    .isEmpty();
            assertThat(api.faults("GET " + PATH, server.get(PATH))).isEmpty();
            JsonNode same = json(server.get("/v1/batches/" + id(batch)));
            assertThat(same.get("status").textValue()).isEqualTo("completed");
            assertThat(same.get("endpoint").textValue()).isEqualTo("/v1/messages");
            assertThat(api.faults("GET /v1/batches/{id}", server.get("/v1/batches/" + id(batch))))
                    .isEmpty();
        }
    }

    @Test
    void aDeletedBatchLeavesNothing() throws Exception {
        engine.hold();
        try (Storage storage = storage();
                var server = server(storage)) {
            JsonNode batch = created(server, request("a", 9));
            String path = PATH + "/" + id(batch);
            var generation = engine.started.take();
            var tooEarly = delete(server, path);
            assertThat(tooEarly.statusCode()).isEqualTo(409);
            assertThat(json(tooEarly).at("/error/type").textValue()).isEqualTo("invalid_request_error");
            assertThat(server.get(path + "/results").statusCode()).isEqualTo(409);
            finish(generation);
            awaitEnd(server, batch);
            assertThat(delete(server, path).body())
                    .isEqualTo("{\"id\":\"" + id(batch) + "\",\"type\":\"message_batch_deleted\"}");
            assertThat(json(server.get(path)).at("/error/type").textValue()).isEqualTo("not_found_error");
            assertThat(json(server.get("/v1/files")).get("data")).isEmpty();
            try (Stream<Path> contents = Files.list(folder.resolve("files"))) {
                assertThat(contents).isEmpty();
            }
        }
    }

    @Test
    void whatIsNotDoneWhenItIsCancelledIsCanceled() throws Exception {
        engine.hold();
        try (Storage storage = storage();
                var server = server(storage)) {
            JsonNode batch = created(
                    server,
                    IntStream.range(0, 5).mapToObj(i -> request("r" + i, 9)).toArray(String[]::new));
            finish(engine.started.take());
            String path = PATH + "/" + id(batch);
            await().until(() -> json(server.get("/v1/batches/" + id(batch)))
                            .at("/request_counts/completed")
                            .intValue()
                    == 1);
            JsonNode cancelled = json(server.post(path + "/cancel", "{}"));
            assertThat(cancelled.get("processing_status").textValue()).isIn("canceling", "ended");
            assertThat(cancelled.get("cancel_initiated_at").textValue()).isNotNull();
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.get("request_counts").toString())
                    .isEqualTo("{\"processing\":0,\"succeeded\":1,\"errored\":0,\"canceled\":4,\"expired\":0}");
            assertThat(results(server, batch).values().stream()
                            .map(result -> result.toString().equals("{\"type\":\"canceled\"}"))
                            .filter(canceled -> canceled))
                    .hasSize(4);
        }
    }

    @Test
    void whatIsNotDoneInADayIsExpired() throws Exception {
        engine.hold();
        try (Storage storage = storage();
                var server = server(storage)) {
            JsonNode batch = created(server, request("a", 9), request("b", 9), request("c", 9));
            finish(engine.started.take());
            await().until(() -> json(server.get("/v1/batches/" + id(batch)))
                            .at("/request_counts/completed")
                            .intValue()
                    == 1);
            storage.database().write(session -> session.update("UPDATE batch SET expires = 1"));
            JsonNode ended = awaitEnd(server, batch);
            assertThat(ended.at("/request_counts/expired").intValue()).isEqualTo(2);
            assertThat(results(server, batch).values().stream().map(JsonNode::toString))
                    .filteredOn("{\"type\":\"expired\"}"::equals)
                    .hasSize(2);
        }
    }

    @Test
    void aRequestThatIsNoneRefusesTheBatchAndNamesItsPlace() throws Exception {
        String good = request("a", 9);
        Map<String, String> wrong = Map.ofEntries(
                Map.entry("[]", "must be a JSON object"),
                Map.entry("{\"requests\":[" + good, "not valid JSON"),
                Map.entry("{\"requests\":[]} {}", "something follows"),
                Map.entry("{}", "'requests' is missing"),
                Map.entry("{\"requests\":7}", "'requests' must be one array"),
                Map.entry(body(), "at least one"),
                Map.entry(body("7"), "'requests[0]' must be an object"),
                Map.entry(body(good, good), "'requests[1].custom_id' is that of an earlier request"),
                Map.entry(body("{\"params\":{}}"), "'requests[0].custom_id' is missing"),
                Map.entry(body("{\"custom_id\":\"\",\"params\":{}}"), "'requests[0].custom_id' must have 1 to 512"),
                Map.entry(body("{\"custom_id\":\"a\"}"), "'requests[0].params' is missing"),
                Map.entry(body("{\"custom_id\":\"a\",\"params\":[]}"), "'requests[0].params' must be an object"),
                Map.entry(body("{\"custom_id\":\"a\",\"params\":{\"stream\":true}}"), "requests[0].params.stream"),
                Map.entry(body("{\"custom_id\":\"a\",\"params\":{\"model\":\"none\"}}"), "'none' does not exist"),
                Map.entry(
                        body(
                                good,
                                "{\"custom_id\":\"b\",\"params\":{\"system\":\"%s\"}}".formatted("x".repeat(150_000))),
                        "'requests[1]' has more than 65536 bytes"));
        try (Storage storage = storage();
                var server = server(storage)) {
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            for (var each : wrong.entrySet()) {
                var refused = server.post(PATH, each.getKey());
                assertThat(refused.statusCode()).as(each.getValue()).isIn(400, 404);
                assertThat(json(refused).at("/error/message").textValue()).contains(each.getValue());
                assertThat(api.faults("POST " + PATH, refused)).isEmpty();
            }
            assertThat(json(server.get("/v1/files")).get("data")).isEmpty();
            assertThat(json(server.get("/v1/batches")).get("data")).isEmpty();
            try (Stream<Path> contents = Files.list(folder.resolve("files"))) {
                assertThat(contents).isEmpty();
            }
        }
    }

    @Test
    void anyBodyIsTakenOrRefusedAndNeverAFault() throws Exception {
        var random = new Random(7);
        byte[] good =
                body(request("a", 9), request("\u20ac", 2), request("c", 1)).getBytes(StandardCharsets.UTF_8);
        try (Storage storage = storage();
                var server = server(storage)) {
            int taken = 0;
            for (int round = 0; round < 300; round++) {
                byte[] body = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
                for (int i = random.nextInt(3); i > 0 && body.length > 0; i--) {
                    body[random.nextInt(body.length)] =
                            (byte) (random.nextBoolean() ? "{}[]\",:0".charAt(random.nextInt(8)) : random.nextInt(256));
                }
                var answer = server.client.send(
                        HttpRequest.newBuilder(server.uri(PATH))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofByteArray(body))
                                .build(),
                        BodyHandlers.ofString());
                assertThat(answer.statusCode())
                        .as(new String(body, StandardCharsets.ISO_8859_1))
                        .isLessThan(500);
                taken += answer.statusCode() == 200 ? 1 : 0;
            }
            assertThat(taken).isBetween(50, 250);
        }
    }

    @Test
    void aBodyMayBeMuchLargerThanOneRequestMayBe() throws Exception {
        try (Storage storage = storage();
                var server = server(storage)) {
            String system = "x".repeat(3_000);
            String[] requests = IntStream.range(0, 500)
                    .mapToObj(i ->
                            "{\"custom_id\":\"%d\",\"params\":{\"max_tokens\":1,\"system\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}"
                                    .formatted(i, system))
                    .toArray(String[]::new);
            JsonNode batch = awaitEnd(server, created(server, requests));
            assertThat(batch.at("/request_counts/succeeded").intValue()).isEqualTo(500);
            assertThat(results(server, batch)).hasSize(500);
        }
    }

    @Test
    void batchesAreListedInPagesInBothDirections() throws Exception {
        try (Storage storage = storage();
                var server = server(storage)) {
            List<String> made = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                JsonNode batch = created(server, request("a", 9));
                awaitEnd(server, batch);
                made.addFirst(id(batch));
            }
            JsonNode first = json(server.get(PATH + "?limit=2"));
            assertThat(ids(first)).isEqualTo(made.subList(0, 2));
            assertThat(first.get("has_more").booleanValue()).isTrue();
            JsonNode second = json(server.get(
                    PATH + "?limit=2&after_id=" + first.get("last_id").textValue()));
            assertThat(ids(second)).isEqualTo(made.subList(2, 4));
            JsonNode last = json(server.get(
                    PATH + "?limit=2&after_id=" + second.get("last_id").textValue()));
            assertThat(ids(last)).isEqualTo(made.subList(4, 5));
            assertThat(last.get("has_more").booleanValue()).isFalse();
            JsonNode back = json(server.get(
                    PATH + "?limit=2&before_id=" + last.get("first_id").textValue()));
            assertThat(ids(back)).isEqualTo(made.subList(2, 4));
            assertThat(back.get("has_more").booleanValue()).isTrue();
            JsonNode front = json(server.get(
                    PATH + "?limit=2&before_id=" + back.get("first_id").textValue()));
            assertThat(ids(front)).isEqualTo(made.subList(0, 2));
            assertThat(front.get("has_more").booleanValue()).isFalse();
            String both = "after_id=%s&before_id=%s".formatted(made.get(0), made.get(1));
            for (String wrong : List.of("limit=0", "limit=1001", "after_id=msgbatch_0", "before_id=7", both)) {
                assertThat(server.get(PATH + "?" + wrong).statusCode())
                        .as(wrong)
                        .isEqualTo(400);
            }
        }
    }

    @Test
    void aBatchIsItsOwners() throws Exception {
        try (Storage storage = storage()) {
            var keys = storage.keys().store();
            String own = "Bearer " + keys.create(StoredKey.Terms.named("alice")).secret();
            String bob = "Bearer " + keys.create(StoredKey.Terms.named("bob")).secret();
            String root = "Bearer "
                    + keys.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            try (var server = server(storage)) {
                JsonNode batch = json(post(server, PATH, body(request("a", 9)), own));
                String path = PATH + "/" + id(batch);
                await().until(() -> json(server.get(path, "Authorization", root))
                        .get("processing_status")
                        .asText()
                        .equals("ended"));
                assertThat(server.get(path, "Authorization", bob).statusCode()).isEqualTo(404);
                assertThat(server.get(path + "/results", "Authorization", bob).statusCode())
                        .isEqualTo(404);
                assertThat(post(server, path + "/cancel", "{}", bob).statusCode())
                        .isEqualTo(404);
                assertThat(json(server.get(PATH, "Authorization", bob)).get("data"))
                        .isEmpty();
                assertThat(server.get(path + "/results", "Authorization", own).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    private Storage storage() {
        return Storage.open(Database.open("", folder), Limits.NONE, "");
    }

    private TestServer server(Storage storage) {
        return new TestServer(TestServer.settings(), storage, new TestModel("scripted", engine));
    }

    private static void finish(ScriptedEngine.Scripted generation) {
        generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        generation.text("Done");
        generation.finish(GenerationEvent.FinishReason.STOP);
    }

    private static String request(String id, int maxTokens) {
        return "{\"custom_id\":\"%s\",\"params\":{\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}"
                .formatted(id, maxTokens);
    }

    private static String body(String... requests) {
        return Stream.of(requests).collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }

    private static JsonNode created(TestServer server, String... requests) throws IOException, InterruptedException {
        var answer = server.post(PATH, body(requests));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static JsonNode awaitEnd(TestServer server, JsonNode batch) {
        return await().until(
                        () -> json(server.get(PATH + "/" + id(batch))),
                        now -> now.get("processing_status").textValue().equals("ended"));
    }

    private static String id(JsonNode object) {
        return object.path("id").asText(object.toString());
    }

    private static List<String> ids(JsonNode list) {
        var ids = new ArrayList<String>();
        list.get("data").forEach(batch -> ids.add(id(batch)));
        return ids;
    }

    private static Map<String, JsonNode> results(TestServer server, JsonNode batch)
            throws IOException, InterruptedException {
        return server.get(PATH + "/" + id(batch) + "/results")
                .body()
                .lines()
                .map(MessageBatchesHttpTest::parsed)
                .collect(Collectors.toMap(line -> line.get("custom_id").textValue(), line -> line.get("result")));
    }

    private static JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + line, e);
        }
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
