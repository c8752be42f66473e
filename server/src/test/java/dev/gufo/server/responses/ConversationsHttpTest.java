package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
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
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Conversations: made, read, changed, and gone on with by responses. */
@Timeout(120)
class ConversationsHttpTest {
    private static final String TWO_ITEMS = """
            {"metadata": {"topic": "owls"}, "items": [{"role": "user", "content": "One"}, {"role": "assistant", "content": "Aye"}]}""";

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = Dialogue.engine("<think>Hm.</think>Hoo!");

    @Test
    void aConversationIsMadeReadChangedAndDeleted() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            JsonNode made = ok(server.post("/v1/conversations", TWO_ITEMS));
            String path = "/v1/conversations/" + made.get("id").textValue();
            assertThat(made.get("object").textValue()).isEqualTo("conversation");
            assertThat(made.at("/metadata/topic").textValue()).isEqualTo("owls");
            assertThat(ok(server.get(path))).isEqualTo(made);
            JsonNode changed = ok(server.post(path, "{\"metadata\":{\"topic\":\"mice\"}}"));
            assertThat(changed.at("/metadata/topic").textValue()).isEqualTo("mice");

            JsonNode more = ok(server.post(path + "/items", "{\"items\":[{\"role\":\"user\",\"content\":\"Two\"}]}"));
            assertThat(more.at("/data/0/content/0/text").textValue()).isEqualTo("Two");
            assertThat(texts(ok(server.get(path + "/items?order=asc")))).containsExactly("One", "Aye", "Two");
            assertThat(texts(ok(server.get(path + "/items?limit=1")))).containsExactly("Two");
            String item = more.get("first_id").textValue();
            assertThat(ok(server.get(path + "/items/" + item))).isEqualTo(more.at("/data/0"));
            assertThat(ok(send(server, "DELETE", path + "/items/" + item, "", "")))
                    .isEqualTo(changed);
            assertThat(server.get(path + "/items/" + item).statusCode()).isEqualTo(404);
            assertThat(texts(ok(server.get(path + "/items?order=asc")))).containsExactly("One", "Aye");

            var wrong = server.post(path + "/items", "{\"items\":[{\"role\":\"owl\",\"content\":\"Two\"}]}");
            assertThat(wrong.statusCode()).isEqualTo(400);
            assertThat(json(wrong).at("/error/param").textValue()).isEqualTo("items[0].role");
            assertThat(ok(send(server, "DELETE", path, "", "")).get("object").textValue())
                    .isEqualTo("conversation.deleted");
            assertThat(server.get(path).statusCode()).isEqualTo(404);
            assertThat(server.get(path + "/items").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void responsesGoOnWithItWholeStreamedInTheBackgroundAndNotStored() throws Exception {
        String id;
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            id = ok(server.post("/v1/conversations", TWO_ITEMS)).get("id").textValue();
            JsonNode response = ok(server.post("/v1/responses", request("Two", id, "\"instructions\":\"Be brief.\"")));
            ResponseShape.response(response);
            assertThat(response.at("/conversation/id").textValue()).isEqualTo(id);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[system]Be brief.[user]One[assistant]Aye[user]Two[assistant]");
            String stream = server.post("/v1/responses", request("Three", id, "\"stream\":true"))
                    .body();
            CheckedStream.of(stream);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo(
                            "[user]One[assistant]Aye[user]Two[assistant]<think>Hm.</think>Hoo![user]Three[assistant]");
            JsonNode queued = ok(server.post("/v1/responses", request("Four", id, "\"background\":true")));
            String path = "/v1/responses/" + queued.get("id").textValue();
            Awaitility.await()
                    .until(() ->
                            json(server.get(path)).get("status").textValue().equals("completed"));
            JsonNode last = ok(server.post(
                    "/v1/responses", "{\"input\":\"Five\",\"store\":false,\"conversation\":{\"id\":\"" + id + "\"}}"));
            assertThat(last.get("store").booleanValue()).isFalse();
            assertThat(server.get("/v1/responses/" + last.get("id").textValue()).statusCode())
                    .isEqualTo(404);
        }
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            assertThat(texts(ok(server.get("/v1/conversations/" + id + "/items?order=asc&limit=100"))))
                    .containsExactly(
                            "One", "Aye", "Two", "Hm.", "Hoo!", "Three", "Hm.", "Hoo!", "Four", "Hm.", "Hoo!", "Five",
                            "Hm.", "Hoo!");
            assertThat(ok(server.post("/v1/responses/input_tokens", request("Six", id, "\"store\":false")))
                            .get("input_tokens")
                            .intValue())
                    .isGreaterThan(150);
        }
    }

    @Test
    void anAnswerThatFailedIsNoPartOfIt() throws Exception {
        engine.hold();
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            String id =
                    ok(server.post("/v1/conversations", TWO_ITEMS)).get("id").textValue();
            var response = server.client.sendAsync(
                    HttpRequest.newBuilder(server.uri("/v1/responses"))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(request("Two", id, "\"stream\":true")))
                            .build(),
                    BodyHandlers.ofString());
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Ho");
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
            assertThat(response.join().body()).contains("response.failed");
            assertThat(texts(ok(server.get("/v1/conversations/" + id + "/items?order=asc"))))
                    .containsExactly("One", "Aye");
        }
    }

    @Test
    void mistakesAreToldWithTheirField() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            var both = server.post("/v1/responses", request("x", "conv_1", "\"previous_response_id\":\"resp_1\""));
            assertThat(both.statusCode()).isEqualTo(400);
            assertThat(json(both).at("/error/message").textValue())
                    .contains("'conversation'", "'previous_response_id'");
            var unknown = server.post("/v1/responses", request("x", "conv_1", "\"store\":false"));
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(json(unknown).at("/error/code").textValue()).isEqualTo("conversation_not_found");
            String id = ok(server.post("/v1/conversations", "{}")).get("id").textValue();
            assertThat(server.post("/v1/conversations/" + id + "/items", "{}").statusCode())
                    .isEqualTo(400);
            assertThat(server.post("/v1/conversations", "{\"metadata\":{\"a\":1}}")
                            .statusCode())
                    .isEqualTo(400);
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
                String id = ok(send(server, "POST", "/v1/conversations", TWO_ITEMS, alice))
                        .get("id")
                        .textValue();
                String path = "/v1/conversations/" + id;
                String items = "{\"items\":[{\"role\":\"user\",\"content\":\"x\"}]}";
                for (HttpResponse<String> refused : List.of(
                        send(server, "GET", path, "", bob),
                        send(server, "POST", path, "{}", bob),
                        send(server, "GET", path + "/items", "", bob),
                        send(server, "POST", path + "/items", items, bob),
                        send(server, "DELETE", path, "", bob),
                        send(server, "POST", "/v1/responses", request("x", id, "\"stream\":false"), bob))) {
                    assertThat(refused.statusCode()).isEqualTo(404);
                    assertThat(json(refused).at("/error/code").textValue()).isEqualTo("conversation_not_found");
                }
                assertThat(texts(ok(send(server, "GET", path + "/items?order=asc", "", alice))))
                        .containsExactly("One", "Aye");
            }
        }
    }

    @Test
    void whatIsTooOldOrTooMuchIsDeleted() throws Exception {
        var time = new AtomicLong(1_700_000_000_000L);
        InstantSource clock = () -> Instant.ofEpochMilli(time.get());
        var item = new StoredResponse.Item("msg_1", "x".repeat(600));
        try (Database database = Database.open("", folder);
                var store = ResponseStore.start(
                        database, new ResponseStore.Settings(true, Duration.ofHours(1), 1_000), clock)) {
            store.create(new ConversationTable.Kept("old", time.get(), 0, "{}"), "k", List.of());
            time.addAndGet(Duration.ofHours(2).toMillis());
            store.create(new ConversationTable.Kept("new", time.get(), 0, "{}"), "k", List.of(item));
            store.sweep();
            assertThat(store.conversation("old", "k")).isEmpty();
            assertThat(store.conversation("new", "k")).isPresent();
            time.incrementAndGet();
            store.create(new ConversationTable.Kept("newer", time.get(), 0, "{}"), "k", List.of(item));
            store.sweep();
            assertThat(store.conversation("new", "k")).isEmpty();
            assertThat(store.conversation("newer", "k")).isPresent();
        }
    }

    @Test
    void postgresqlKeepsThemToo() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Database database = Database.open(postgresql.url(), folder);
                var server = server(database)) {
            String id =
                    ok(server.post("/v1/conversations", TWO_ITEMS)).get("id").textValue();
            ok(server.post("/v1/responses", request("Two", id, "\"stream\":false")));
            JsonNode items = ok(server.get("/v1/conversations/" + id + "/items?order=asc"));
            assertThat(texts(items)).containsExactly("One", "Aye", "Two", "Hm.", "Hoo!");
            String path = "/v1/conversations/" + id;
            ok(send(server, "DELETE", path + "/items/" + items.get("last_id").textValue(), "", ""));
            ok(send(server, "DELETE", path, "", ""));
        }
    }

    private static String request(String input, String conversation, String more) {
        return "{\"input\":\"%s\",\"conversation\":\"%s\",%s}".formatted(input, conversation, more);
    }

    private static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.get("data").forEach(item -> texts.add(item.at("/content/0/text").textValue()));
        return texts;
    }

    private TestServer server(Database database) {
        return new TestServer(TestServer.settings(), database, new TestModel("scripted", engine));
    }

    private static JsonNode ok(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
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
