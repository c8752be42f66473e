package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Responses that are made while nobody waits: polled, cancelled, followed, and gone on with after a restart. */
@Timeout(120)
class BackgroundResponsesHttpTest {
    private static final String REQUEST = "{\"input\":\"Hi\",\"background\":true}";
    private static final String STREAMED = "{\"input\":\"Hi\",\"background\":true,\"stream\":true}";

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = Dialogue.engine("<think>Hm.</think>Hoo!");

    @Test
    void aResponseIsQueuedAndPolledUntilItHasEnded() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            JsonNode queued = created(server, REQUEST);
            assertThat(queued.get("status").textValue()).isEqualTo("queued");
            assertThat(queued.get("background").booleanValue()).isTrue();
            var generation = begun(engine);
            awaitStatus(server, id(queued), "in_progress");
            JsonNode early = json(server.post(
                    "/v1/responses", "{\"input\":\"More\",\"previous_response_id\":\"" + id(queued) + "\"}"));
            assertThat(early.at("/error/message").textValue()).contains("has not ended yet");
            generation.text("Hoo!");
            generation.finish(FinishReason.STOP);
            JsonNode response = awaitStatus(server, id(queued), "completed");
            ResponseShape.response(response);
            assertThat(response.at("/output/0/content/0/text").textValue()).isEqualTo("Hoo!");
            assertThat(response.at("/usage/output_tokens").intValue()).isEqualTo(4);
            assertThat(response.get("created_at")).isEqualTo(queued.get("created_at"));
            assertThat(json(server.get("/v1/responses/" + id(queued) + "/input_items"))
                            .at("/data/0/content/0/text")
                            .textValue())
                    .isEqualTo("Hi");
            created(server, "{\"input\":\"More\",\"background\":true,\"previous_response_id\":\"" + id(queued) + "\"}");
            begun(engine);
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]Hi[assistant]Hoo![user]More[assistant]");
        }
    }

    @Test
    void aStreamIsAttachedToAgainWhileItRunsAndAfterItHasEnded() throws Exception {
        engine.hold();
        String all;
        String id;
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            HttpResponse<Stream<String>> response = lines(server, STREAMED);
            var begun = new StringBuilder();
            var lines = response.body().iterator();
            var generation = begun(engine);
            generation.text("Ho");
            readTo("event: response.output_text.delta", lines, begun);
            response.body().close();
            JsonNode first = TestServer.events(begun.toString()).getFirst();
            assertThat(first.at("/response/status").textValue()).isEqualTo("queued");
            id = first.at("/response/id").textValue();
            int last = TestServer.events(begun.toString())
                    .getLast()
                    .get("sequence_number")
                    .intValue();
            // The client has gone, and the response goes on.
            generation.text("o!");
            generation.finish(FinishReason.STOP);
            String rest = server.get("/v1/responses/" + id + "?stream=true&starting_after=" + last)
                    .body();
            all = server.get("/v1/responses/" + id + "?stream=true").body();
            assertThat(all).endsWith(rest);
            assertThat(TestServer.events(rest).getFirst().get("sequence_number").intValue())
                    .isEqualTo(last + 1);
            CheckedStream checked = CheckedStream.of(all);
            assertThat(checked.types())
                    .startsWith("response.created", "response.queued", "response.in_progress")
                    .endsWith("response.completed");
            assertThat(checked.response()).isEqualTo(json(server.get("/v1/responses/" + id)));
            assertThat(server.get("/v1/responses/" + id + "?stream=true&starting_after=x")
                            .statusCode())
                    .isEqualTo(400);
        }
        try (Database database = Database.open("", folder);
                var server = server(database, Dialogue.engine("Hoo!"))) {
            assertThat(server.get("/v1/responses/" + id + "?stream=true").body())
                    .isEqualTo(all);
        }
    }

    @Test
    void aRestartedServerGoesOnAndTheLedgerHasOneRow() throws Exception {
        engine.hold();
        String id;
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            id = id(created(server, REQUEST));
            begun(engine).text("Lost");
            Awaitility.await()
                    .until(() ->
                            database
                                    .read(session ->
                                            session.list("SELECT body FROM response_event", row -> row.getString(1)))
                                    .stream()
                                    .anyMatch(body -> body.contains("output_text.delta")));
        }
        try (Database database = Database.open("", folder);
                var server = server(database, Dialogue.engine("Hoo!"))) {
            JsonNode response = awaitStatus(server, id, "completed");
            assertThat(response.at("/output/0/content/0/text").textValue()).isEqualTo("Hoo!");
            assertThat(response.get("output")).hasSize(1);
            List<JsonNode> events = TestServer.events(
                    server.get("/v1/responses/" + id + "?stream=true").body());
            assertThat(events.stream().map(event -> event.get("sequence_number").intValue()))
                    .containsExactlyElementsOf(
                            IntStream.range(0, events.size()).boxed().toList());
            // What the first server had made is followed by the response without it.
            int last = IntStream.range(0, events.size())
                    .filter(i -> events.get(i).get("type").textValue().equals("response.in_progress"))
                    .max()
                    .orElseThrow();
            assertThat(last).isGreaterThan(3);
            assertThat(events.get(last).at("/response/output")).isEmpty();
            assertThat(events.getLast().get("response")).isEqualTo(response);
            Awaitility.await()
                    .until(() -> database.read(session -> session.list(
                                    "SELECT status FROM ledger WHERE request_id = ?", row -> row.getString(1), id))
                            .equals(List.of("completed")));
        }
    }

    @Test
    void aResponseThatThreeServersHaveDiedOverIsGivenUp() throws Exception {
        try (Database database = Database.open("", folder)) {
            String id;
            engine.hold();
            try (var server = server(database, engine)) {
                id = id(created(server, REQUEST));
                begun(engine);
            }
            assertThat(servers(database, id)).isZero(); // it was stopped in good order, and so it does not count
            database.write(
                    session -> session.update("UPDATE response_job SET servers = 3, server = 1 WHERE id = ?", id));
            var next = Dialogue.engine("Hoo!");
            try (var server = server(database, next)) {
                JsonNode failed = awaitStatus(server, id, "failed");
                ResponseShape.response(failed);
                assertThat(failed.at("/error/code").textValue()).isEqualTo("server_error");
                assertThat(failed.at("/error/message").textValue()).contains("died 3 times");
                List<JsonNode> events = TestServer.events(
                        server.get("/v1/responses/" + id + "?stream=true").body());
                assertThat(events.getLast().get("type").textValue()).isEqualTo("response.failed");
                assertThat(next.started).isEmpty();
            }
        }
    }

    private static int servers(Database database, String id) {
        return database.read(session ->
                        session.first("SELECT servers FROM response_job WHERE id = ?", row -> row.getInt(1), id))
                .orElseThrow();
    }

    @Test
    void restartsDoNotCount() throws Exception {
        try (Database database = Database.open("", folder)) {
            String id = "";
            for (int i = 0; i < 5; i++) {
                var held = Dialogue.engine("").hold();
                try (var server = server(database, held)) {
                    id = id.isEmpty() ? id(created(server, REQUEST)) : id;
                    begun(held);
                    assertThat(servers(database, id)).isEqualTo(1);
                }
            }
            try (var server = server(database, Dialogue.engine("Hoo!"))) {
                awaitStatus(server, id, "completed");
            }
        }
    }

    @Test
    void aWorkerThatDiesIsNotTheEnd() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            String id = id(created(server, REQUEST));
            var generation = begun(engine);
            generation.text("Lost");
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
            generation = begun(engine);
            generation.text("Hoo!");
            generation.finish(FinishReason.STOP);
            assertThat(awaitStatus(server, id, "completed")
                            .at("/output/0/content/0/text")
                            .textValue())
                    .isEqualTo("Hoo!");
            Awaitility.await()
                    .until(() -> database.read(session -> session.list(
                                    "SELECT status FROM ledger WHERE request_id = ?", row -> row.getString(1), id))
                            .equals(List.of("completed")));
        }
    }

    @Test
    void aResponseIsCancelled() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            String id = id(created(server, REQUEST));
            var generation = begun(engine);
            awaitStatus(server, id, "in_progress");
            JsonNode cancelled = json(server.post("/v1/responses/" + id + "/cancel", "{}"));
            ResponseShape.response(cancelled);
            assertThat(cancelled.get("status").textValue()).isEqualTo("cancelled");
            generation.text("x".repeat(10));
            assertThat(generation.awaitCancelled()).isTrue();
            assertThat(json(server.get("/v1/responses/" + id))).isEqualTo(cancelled);
            assertThat(json(server.post("/v1/responses/" + id + "/cancel", "{}")))
                    .isEqualTo(cancelled);
            List<JsonNode> events = TestServer.events(
                    server.get("/v1/responses/" + id + "?stream=true").body());
            events.forEach(OpenResponses::event);
            assertThat(events.getLast().get("type").textValue()).isEqualTo("response.incomplete");
            assertThat(events.getLast().at("/response/status").textValue()).isEqualTo("cancelled");
            assertThat(events.getLast().get("sequence_number").intValue()).isEqualTo(events.size() - 1);
            Awaitility.await()
                    .until(() -> database.read(session -> session.list(
                                    "SELECT status FROM ledger WHERE request_id = ?", row -> row.getString(1), id))
                            .equals(List.of("cancelled")));
        }
    }

    @Test
    void aDeletedResponseIsComputedNoFurther() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            String id = id(created(server, REQUEST));
            var generation = begun(engine);
            var deleted = HttpRequest.newBuilder(server.uri("/v1/responses/" + id))
                    .DELETE()
                    .build();
            assertThat(server.client.send(deleted, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            generation.text("xxxx");
            assertThat(generation.awaitCancelled()).isTrue();
            assertThat(server.get("/v1/responses/" + id).statusCode()).isEqualTo(404);
        }
    }

    @Test
    void aFailureIsTheResponses() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, new ScriptedEngine(60, Dialogue.TEMPLATE).answering("Hoo!"))) {
            String id = id(created(server, "{\"background\":true,\"input\":\"" + "x".repeat(400) + "\"}"));
            JsonNode failed = awaitStatus(server, id, "failed");
            ResponseShape.response(failed);
            assertThat(failed.at("/error/code").textValue()).isEqualTo("context_length_exceeded");
            CheckedStream.of(server.get("/v1/responses/" + id + "?stream=true").body())
                    .events()
                    .forEach(OpenResponses::event);
        }
    }

    @Test
    void whatCantBeKeptCantBeMadeInTheBackground() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, engine)) {
            var refused = server.post("/v1/responses", "{\"input\":\"Hi\",\"background\":true,\"store\":false}");
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(json(refused).at("/error/message").textValue()).contains("'background'", "'store'");
            String other = id(created(server, "{\"input\":\"Hi\"}"));
            assertThat(server.get("/v1/responses/" + other + "?stream=true").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void aKeysResponsesTakeItsPlacesAndAreItsOwn() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            StoredKey.Terms terms = StoredKey.Terms.named("alice");
            var one = new Limits(Map.of(Limit.CONCURRENT_REQUESTS, 1L));
            String alice = store.create(terms.withLimits(_ -> one)).secret();
            String bob = store.create(StoredKey.Terms.named("bob")).secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server =
                            new TestServer(TestServer.settings(), database, keys, new TestModel("scripted", engine))) {
                String id = id(json(send(server, "POST", "/v1/responses", REQUEST, alice)));
                var generation = begun(engine);
                String path = "/v1/responses/" + id;
                assertThat(send(server, "POST", "/v1/responses", "{\"input\":\"x\"}", alice)
                                .statusCode())
                        .isEqualTo(429);
                assertThat(send(server, "GET", path + "?stream=true", "", bob).statusCode())
                        .isEqualTo(404);
                assertThat(send(server, "POST", path + "/cancel", "{}", bob).statusCode())
                        .isEqualTo(404);
                generation.text("Hoo!");
                generation.finish(FinishReason.STOP);
                Awaitility.await()
                        .until(() -> json(send(server, "GET", path, "", alice))
                                .path("status")
                                .asText()
                                .equals("completed"));
            }
        }
    }

    @Test
    void postgresqlKeepsThemToo() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        try (PostgresqlServer postgresql = PostgresqlServer.start()) {
            String id;
            engine.hold();
            try (Database database = Database.open(postgresql.url(), folder);
                    var server = server(database, engine)) {
                id = id(created(server, REQUEST));
                begun(engine);
            }
            try (Database database = Database.open(postgresql.url(), folder);
                    var server = server(database, Dialogue.engine("Hoo!"))) {
                JsonNode response = awaitStatus(server, id, "completed");
                assertThat(TestServer.events(server.get("/v1/responses/" + id + "?stream=true")
                                        .body())
                                .getLast()
                                .get("response"))
                        .isEqualTo(response);
                created(server, STREAMED);
            }
        }
    }

    private static ScriptedEngine.Scripted begun(ScriptedEngine engine) throws InterruptedException {
        ScriptedEngine.Scripted generation = engine.started.take();
        generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        return generation;
    }

    private static JsonNode awaitStatus(TestServer server, String id, String status) {
        return Awaitility.await()
                .until(
                        () -> json(server.get("/v1/responses/" + id)),
                        response -> response.path("status").asText().equals(status));
    }

    private static void readTo(String last, Iterator<String> lines, StringBuilder body) {
        String line;
        do {
            line = lines.next();
            body.append(line).append('\n');
        } while (!line.equals(last));
        body.append(lines.next()).append('\n');
    }

    private static HttpResponse<Stream<String>> lines(TestServer server, String request)
            throws IOException, InterruptedException {
        return server.client.send(
                HttpRequest.newBuilder(server.uri("/v1/responses"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(request))
                        .build(),
                BodyHandlers.ofLines());
    }

    private static TestServer server(Database database, ScriptedEngine engine) {
        return new TestServer(TestServer.settings(), database, new TestModel("scripted", engine));
    }

    private static String id(JsonNode response) {
        return response.get("id").textValue();
    }

    private static JsonNode created(TestServer server, String request) throws IOException, InterruptedException {
        var response = server.post("/v1/responses", request);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode made = response.body().startsWith("event:")
                ? CheckedStream.of(response.body()).response()
                : json(response);
        ResponseShape.response(made);
        return made;
    }

    private static HttpResponse<String> send(TestServer server, String method, String path, String body, String key)
            throws IOException, InterruptedException {
        return server.client.send(
                HttpRequest.newBuilder(server.uri(path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + key)
                        .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }
}
