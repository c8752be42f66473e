package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Responses that are kept: read, gone on with, deleted, and seen by their own caller only. */
@Timeout(120)
class StoredResponsesHttpTest {
    @TempDir
    private Path folder;

    private final ScriptedEngine engine = Dialogue.engine("<think>Hm.</think>Hoo!");

    @Test
    void aResponseIsReadAsItWasAnswered() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            for (String stream : List.of("", ",\"stream\":true")) {
                JsonNode response = created(server, "{\"input\":\"Hi\",\"metadata\":{\"a\":\"b\"}" + stream + "}");
                assertThat(response.get("store").booleanValue()).isTrue();
                var read = server.get("/v1/responses/" + response.get("id").textValue());
                assertThat(json(read)).isEqualTo(response);
            }
        }
    }

    @Test
    void aRequestGoesOnWithEarlierResponsesAfterARestartToo() throws Exception {
        String first;
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            first = id(created(server, "{\"input\":\"One\",\"instructions\":\"Not carried over\"}"));
        }
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            JsonNode second = created(server, """
                    {"input": [{"role": "user", "content": "Two"}], "previous_response_id": "%s", "instructions": "Be brief."}""".formatted(first));
            assertThat(second.get("previous_response_id").textValue()).isEqualTo(first);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[system]Be brief.[user]One[assistant]<think>Hm.</think>Hoo![user]Two[assistant]");
            created(server, "{\"input\":\"Three\",\"previous_response_id\":\"" + id(second) + "\"}");
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[user]One[assistant]<think>Hm.</think>Hoo![user]Two[assistant]<think>Hm.</think>Hoo!"
                            + "[user]Three[assistant]");
            assertThat(server.post(
                                    "/v1/responses/input_tokens",
                                    "{\"input\":\"Three\",\"previous_response_id\":\"" + id(second) + "\"}")
                            .body())
                    .contains("\"input_tokens\":" + engine.lastPrompt().text().length() + "}");
        }
    }

    @Test
    void callsAreKeptToo() throws Exception {
        engine.answering("<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>");
        String tools = ",\"tools\":[{\"type\":\"function\",\"name\":\"look\"}]";
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            JsonNode asked = created(server, "{\"input\":\"Look\"" + tools + "}");
            created(server, """
                    {"previous_response_id": "%s", "input": [{"type": "function_call_output", "call_id": "%s", "output": "an owl"}]%s}""".formatted(
                            id(asked), asked.at("/output/0/call_id").textValue(), tools));
            assertThat(engine.lastPrompt().text())
                    .endsWith("[user]Look[assistant]<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>"
                            + "[tool]an owl[assistant]");
        }
    }

    @Test
    void anItemIsReferredTo() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            JsonNode response = created(server, "{\"input\":\"Hi\"}");
            created(server, """
                    {"input": [{"role": "user", "content": "Hi"}, {"type": "item_reference", "id": "%s"},
                     {"type": "item_reference", "id": "%s"}, {"role": "user", "content": "More"}]}""".formatted(
                            response.at("/output/0/id").textValue(),
                            response.at("/output/1/id").textValue()));
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[user]Hi[assistant]<think>Hm.</think>Hoo![user]More[assistant]");
            var unknown = server.post("/v1/responses", "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_x\"}]}");
            assertThat(unknown.statusCode()).isEqualTo(400);
            assertThat(json(unknown).at("/error/param").textValue()).isEqualTo("input[0].id");
        }
    }

    @Test
    void theInputIsListedInPages() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            String id = id(created(server, """
                    {"input": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"id": "msg_own", "role": "user", "content": "c"}]}"""));
            JsonNode first = json(server.get("/v1/responses/" + id + "/input_items?limit=2"));
            assertThat(first.get("has_more").booleanValue()).isTrue();
            assertThat(first.get("first_id").textValue()).isEqualTo("msg_own");
            assertThat(first.at("/data/0/content/0/text").textValue()).isEqualTo("c");
            JsonNode rest = json(server.get("/v1/responses/" + id + "/input_items?limit=2&after="
                    + first.get("last_id").textValue()));
            assertThat(rest.get("has_more").booleanValue()).isFalse();
            assertThat(rest.get("data")).hasSize(1);
            assertThat(rest.at("/data/0/content/0/type").textValue()).isEqualTo("input_text");
            assertThat(json(server.get("/v1/responses/" + id + "/input_items?order=asc"))
                            .at("/data/1/content/0/type")
                            .textValue())
                    .isEqualTo("output_text");
            assertThat(server.get("/v1/responses/" + id + "/input_items?limit=0")
                            .statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void whatIsDeletedIsGoneAndNothingGoesOnWithIt() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            String first = id(created(server, "{\"input\":\"One\"}"));
            String second = id(created(server, "{\"input\":\"Two\",\"previous_response_id\":\"" + first + "\"}"));
            assertThat(server.post("/v1/responses/" + first + "/cancel", "{}").statusCode())
                    .isEqualTo(400);
            var deleted = send(server, "DELETE", "/v1/responses/" + first, "", "");
            assertThat(deleted.body()).contains("\"deleted\":true");
            assertThat(server.get("/v1/responses/" + first).statusCode()).isEqualTo(404);
            var broken =
                    server.post("/v1/responses", "{\"input\":\"Three\",\"previous_response_id\":\"" + second + "\"}");
            assertThat(broken.statusCode()).isEqualTo(400);
            assertThat(json(broken).at("/error/param").textValue()).isEqualTo("previous_response_id");
        }
    }

    @Test
    void aResponseThatFailedIsKeptAsThat() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            InputStream body = stream(server);
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Ho");
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
            JsonNode told = CheckedStream.of(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                    .response();
            assertThat(told.get("status").textValue()).isEqualTo("failed");
            JsonNode read = json(server.get("/v1/responses/" + id(told)));
            assertThat(read).isEqualTo(told);
            assertThat(read.at("/error/code").textValue()).isEqualTo("engine_restarted");
            assertThat(read.at("/output/0/content/0/text").textValue()).isEqualTo("Ho");
        }
    }

    @Test
    void aResponseWhoseClientWentAwayIsKeptWithWhatHadCome() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            InputStream body = stream(server);
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Ho");
            String begun = new String(body.readNBytes(400), StandardCharsets.UTF_8);
            body.close();
            assertThat(generation.awaitCancelled()).isTrue();
            Matcher id = Pattern.compile("resp_[0-9a-f]+").matcher(begun);
            assertThat(id.find()).isTrue();
            JsonNode read = Awaitility.await()
                    .until(() -> json(server.get("/v1/responses/" + id.group())), response -> response.has("status"));
            assertThat(read.get("status").textValue()).isEqualTo("incomplete");
            assertThat(read.at("/incomplete_details/reason").textValue()).isEqualTo("client_disconnected");
            assertThat(read.at("/output/0/content/0/text").textValue()).isEqualTo("Ho");
            assertThat(read.at("/output/0/status").textValue()).isEqualTo("incomplete");
            assertThat(read.at("/usage/output_tokens").intValue()).isEqualTo(2);
        }
    }

    private static InputStream stream(TestServer server) throws IOException, InterruptedException {
        return server.client
                .send(
                        HttpRequest.newBuilder(server.uri("/v1/responses"))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString("{\"input\":\"Hi\",\"stream\":true}"))
                                .build(),
                        BodyHandlers.ofInputStream())
                .body();
    }

    @Test
    void whatIsNotToBeKeptIsNot() throws Exception {
        try (Database database = Database.open("", folder)) {
            try (var server = server(database)) {
                JsonNode response = created(server, "{\"input\":\"Hi\",\"store\":false}");
                assertThat(response.get("store").booleanValue()).isFalse();
                assertThat(server.get("/v1/responses/" + id(response)).statusCode())
                        .isEqualTo(404);
            }
        }
        ServerSettings off = TestServer.settings()
                .with()
                .responses(new ResponseStore.Settings(false, Duration.ofDays(1), 1L << 30))
                .build();
        try (var server = new TestServer(engine, off)) {
            JsonNode response = created(server, "{\"input\":\"Hi\"}");
            assertThat(response.get("store").booleanValue()).isFalse();
            var after = server.post("/v1/responses", "{\"input\":\"Hi\",\"previous_response_id\":\"resp_1\"}");
            assertThat(json(after).at("/error/code").textValue()).isEqualTo("unsupported_parameter");
        }
    }

    @Test
    void anotherKeySeesNothing() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String alice = store.create(StoredKey.Terms.named("alice")).secret();
            String bob = store.create(StoredKey.Terms.named("bob")).secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server =
                            new TestServer(TestServer.settings(), database, keys, new TestModel("scripted", engine))) {
                String body = "{\"input\":\"Secret\"}";
                JsonNode response = json(send(server, "POST", "/v1/responses", body, alice));
                String path = "/v1/responses/" + id(response);
                assertThat(send(server, "GET", path, "", alice).statusCode()).isEqualTo(200);
                for (HttpResponse<String> refused : List.of(
                        send(server, "GET", path, "", bob),
                        send(server, "GET", path + "/input_items", "", bob),
                        send(server, "POST", path + "/cancel", "{}", bob),
                        send(server, "DELETE", path, "", bob))) {
                    assertThat(refused.statusCode()).isEqualTo(404);
                    assertThat(json(refused).at("/error/code").textValue()).isEqualTo("response_not_found");
                }
                String after = "{\"input\":\"x\",\"previous_response_id\":\"" + id(response) + "\"}";
                assertThat(send(server, "POST", "/v1/responses", after, bob).statusCode())
                        .isEqualTo(400);
                assertThat(send(server, "POST", "/v1/responses", after, alice).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void whatIsTooOldOrTooMuchIsDeleted() throws Exception {
        var time = new AtomicLong(1_700_000_000_000L);
        InstantSource clock = () -> Instant.ofEpochMilli(time.get());
        try (Database database = Database.open("", folder);
                var store = ResponseStore.start(
                        database, new ResponseStore.Settings(true, Duration.ofHours(1), 1_000), clock)) {
            assertThat(store.put(response("old", time.get(), 10))).isTrue();
            time.addAndGet(Duration.ofHours(2).toMillis());
            assertThat(store.put(response("new", time.get(), 10))).isTrue();
            assertThat(store.body("new", "k")).isPresent();
            store.sweep();
            assertThat(store.body("old", "k")).isEmpty();
            assertThat(store.body("new", "k")).isPresent();
            assertThat(store.put(response("large", time.get() + 1, 2_000))).isTrue();
            assertThat(store.body("large", "k")).isPresent();
            store.sweep();
            assertThat(store.body("new", "k")).isEmpty();
        }
    }

    @Test
    void postgresqlKeepsThemToo() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Database database = Database.open(postgresql.url(), folder);
                var server = server(database)) {
            String first = id(created(server, "{\"input\":\"One\"}"));
            String second = id(created(server, "{\"input\":\"Two\",\"previous_response_id\":\"" + first + "\"}"));
            assertThat(engine.lastPrompt().text()).startsWith("[user]One[assistant]<think>Hm.</think>Hoo![user]Two");
            assertThat(json(server.get("/v1/responses/" + second + "/input_items"))
                            .get("data"))
                    .hasSize(1);
            assertThat(send(server, "DELETE", "/v1/responses/" + second, "", "").statusCode())
                    .isEqualTo(200);
        }
    }

    private static StoredResponse response(String id, long time, int chars) {
        return new StoredResponse(
                id, "k", time, Optional.empty(), Optional.empty(), "x".repeat(chars), List.of(), List.of());
    }

    private TestServer server(Database database) {
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
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        return server.client.send(request.build(), BodyHandlers.ofString());
    }
}
