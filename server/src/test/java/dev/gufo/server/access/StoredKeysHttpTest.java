package dev.gufo.server.access;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StoredKeysHttpTest {
    @TempDir
    private Path folder;

    private Database database;
    private KeyStore store;
    private StoredKeys keys;
    private TestServer server;

    @BeforeEach
    void start() {
        database = Database.open("", folder);
        store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        server = new TestServer(TestServer.settings(), database, keys, TestModel.two());
    }

    @AfterEach
    void stop() {
        server.close();
        keys.close();
        database.close();
    }

    @Test
    void theServerIsOpenUntilThereIsAKeyAndNeverAgain() throws Exception {
        assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
        assertThat(server.chat(HELLO, "Authorization", "Bearer whatever").statusCode())
                .as("clients that insist on a key")
                .isEqualTo(200);
        KeyStore.Created admin = create("root", true);
        assertThat(server.chat(HELLO).statusCode()).isEqualTo(401);
        assertThat(chat(admin.secret()).statusCode()).isEqualTo(200);
        assertThat(send("DELETE", "/admin/keys/" + admin.key().id(), "", admin.secret())
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.chat(HELLO).statusCode()).isEqualTo(401);
    }

    @Test
    void onlyAdministratorsAdminister() throws Exception {
        assertThat(server.get("/admin/keys").statusCode())
                .as("open for all else")
                .isEqualTo(401);
        String admin = create("root", true).secret();
        String user = create("user", false).secret();
        assertThat(send("GET", "/admin/keys", "", admin).statusCode()).isEqualTo(200);
        var refused = send("POST", "/admin/keys", "{\"name\":\"x\",\"admin\":true}", user);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).at("/error/code").asText()).isEqualTo("permission_denied");
        assertThat(json(refused).at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(send("GET", "/admin/keys", "", "gufo_wrong").statusCode()).isEqualTo(401);
    }

    @Test
    void aKeysLifeThroughTheAdminRoutes() throws Exception {
        String admin = create("root", true).secret();
        var answer = send("POST", "/admin/keys", """
                {"name": "ci", "owner": "ops", "models": ["other/*"], "limits": {"requests_per_minute": 7, "tokens_per_day": "unlimited"},
                 "priority": 9, "expires_at": "2099-01-01T00:00:00Z"}""", admin);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("cache-control")).hasValue("no-store");
        JsonNode made = json(answer);
        String secret = made.get("key").asText();
        String path = "/admin/keys/" + made.get("id").asText();
        assertThat(secret).startsWith(made.get("prefix").asText()).matches("gufo_[0-9A-Za-z]{43}");

        JsonNode shown = json(send("GET", path, "", admin));
        assertThat(shown.has("key")).isFalse();
        assertThat(shown.get("expires_at").asLong()).isEqualTo(4_070_908_800L);
        assertThat(shown.get("limits").toString())
                .isEqualTo("{\"requests_per_minute\":7,\"tokens_per_day\":\"unlimited\"}");
        assertThat(json(send("GET", "/admin/keys", "", admin)).get("data")).hasSize(2);

        assertThat(json(chat(secret)).get("model").asText())
                .as("the first model that it may use")
                .isEqualTo("other/model");
        assertThat(chat(secret, "other/model").statusCode()).isEqualTo(200);
        JsonNode changed = json(send(
                "PATCH",
                path,
                "{\"models\": [], \"limits\": {\"requests_per_minute\": null}, \"expires_at\": null}",
                admin));
        assertThat(changed.get("limits").toString()).isEqualTo("{\"tokens_per_day\":\"unlimited\"}");
        assertThat(changed.get("owner").asText()).as("stays").isEqualTo("ops");
        assertThat(changed.get("expires_at").isNull()).isTrue();
        assertThat(chat(secret).statusCode()).as("at once").isEqualTo(200);

        send("PATCH", path, "{\"disabled\": true}", admin);
        assertRefused(chat(secret), "This API key is disabled.");
        send("PATCH", path, "{\"disabled\": false, \"expires_at\": 1000000000}", admin);
        assertRefused(chat(secret), "This API key expired at 2001-09-09T01:46:40Z.");
        send("PATCH", path, "{\"expires_at\": null}", admin);
        assertThat(chat(secret).statusCode()).isEqualTo(200);
        send("DELETE", path, "", admin);
        assertRefused(chat(secret), "This API key was revoked.");
        assertThat(json(send("GET", path, "", admin)).get("revoked_at").isNull())
                .isFalse();
    }

    @Test
    void wrongFieldsAreToldWithTheirPath() throws Exception {
        String admin = create("root", true).secret();
        for (var wrong : List.of(
                List.of("{}", "name"),
                List.of("{\"name\": 1}", "name"),
                List.of("{\"name\": \" \"}", "name"),
                List.of("{\"name\": \"a\", \"priority\": 11}", "priority"),
                List.of("{\"name\": \"a\", \"priority\": 1.5}", "priority"),
                List.of("{\"name\": \"a\", \"models\": \"all\"}", "models"),
                List.of("{\"name\": \"a\", \"models\": [\"\"]}", "models"),
                List.of("{\"name\": \"a\", \"admin\": \"yes\"}", "admin"),
                List.of("{\"name\": \"a\", \"colour\": \"red\"}", "colour"),
                List.of("{\"name\": \"a\", \"expires_at\": \"tomorrow\"}", "expires_at"),
                List.of("{\"name\": \"a\", \"expires_at\": 9223372036854775807}", "expires_at"),
                List.of("{\"name\": \"a\", \"limits\": {\"tokens_per_day\": 0}}", "limits.tokens_per_day"),
                List.of("{\"name\": \"a\", \"limits\": {\"tokens_per_year\": 5}}", "limits.tokens_per_year"),
                List.of("[]", ""),
                List.of("{", ""))) {
            var answer = send("POST", "/admin/keys", wrong.get(0), admin);
            assertThat(answer.statusCode()).as(wrong.get(0)).isEqualTo(400);
            assertThat(json(answer).at("/error/param").asText(""))
                    .as(wrong.get(0))
                    .isEqualTo(wrong.get(1));
        }
        assertThat(send("POST", "/admin/keys", "{\"name\":\"" + "x".repeat(70_000) + "\"}", admin)
                        .statusCode())
                .isEqualTo(413);
        assertThat(send("GET", "/admin/keys/key_none", "", admin).statusCode()).isEqualTo(404);
        assertThat(send("PATCH", "/admin/keys/key_none", "{}", admin).statusCode())
                .isEqualTo(404);
        assertThat(store.list()).hasSize(1);
    }

    @Test
    void aKeySeesOnlyItsModelsAndCallsOnlyItsEndpoints() throws Exception {
        String secret = store.create(StoredKey.Terms.named("narrow")
                        .withModels(new Patterns(List.of("other/*")))
                        .withEndpoints(new Patterns(List.of("/v1/models", "/v1/models/*"))))
                .secret();
        JsonNode list = json(send("GET", "/v1/models", "", secret));
        assertThat(list.get("data")).hasSize(1);
        assertThat(list.at("/data/0/id").asText()).isEqualTo("other/model");
        assertThat(send("GET", "/v1/models/other/model", "", secret).statusCode())
                .isEqualTo(200);
        assertThat(send("GET", "/v1/models/scripted", "", secret).statusCode()).isEqualTo(404);
        assertThat(send("GET", "/v1/models/", "", secret).statusCode()).isEqualTo(200);
        assertThat(chat(secret, "other/model").statusCode()).isEqualTo(403);
    }

    @Test
    void aKeyWithoutModelsIsNotToldOfAny() throws Exception {
        String secret = store.create(StoredKey.Terms.named("none").withModels(new Patterns(List.of("nothing"))))
                .secret();
        for (String path : List.of(
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/embeddings",
                "/v1/rerank",
                "/v1/tokenize",
                "/v1/detokenize")) {
            String body = """
                    {"messages": [{"role": "user", "content": "Hi"}], "prompt": "Hi", "input": "Hi", "query": "q", "documents": ["d"],
                     "content": "Hi", "tokens": [1]}""";
            for (String model : List.of("", "\"model\": \"scripted\", ")) {
                var request = HttpRequest.newBuilder(server.uri(path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + secret)
                        .POST(BodyPublishers.ofString(body.replaceFirst("\\{", "{" + model)))
                        .build();
                var answer = server.client.send(request, BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(path + model).isEqualTo(404);
                assertThat(json(answer).at("/error/code").asText()).isEqualTo("model_not_found");
                if (model.isEmpty()) {
                    assertThat(answer.body()).as(path).doesNotContain("scripted", "other/model");
                }
            }
        }
    }

    @Test
    void wrongKeysAreSlowedByAddressAndRightOnesAreNot() throws Exception {
        String right = create("user", false).secret();
        String almost = right.substring(0, right.length() - 1) + (right.endsWith("a") ? "b" : "a");
        int refused = 0;
        HttpResponse<String> answer = chat(almost);
        for (int i = 0; i < 40 && answer.statusCode() == 401; i++) {
            refused++;
            answer = chat(i % 2 == 0 ? "sk-no-key-of-ours" : almost);
        }
        assertThat(refused).isBetween(20, 39);
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("retry-after"))
                .hasValueSatisfying(
                        seconds -> assertThat(Integer.parseInt(seconds)).isBetween(1, 4));
        assertThat(answer.headers().firstValueAsLong("retry-after-ms").orElseThrow())
                .isBetween(1L, 3_000L);
        assertThat(chat(right).statusCode()).isEqualTo(200);
    }

    @Test
    void neitherTheFileNorAnythingPrintedHoldsAKey() throws Exception {
        KeyStore.Created created = create("secretive", false);
        assertThat(chat(created.secret()).statusCode()).isEqualTo(200);
        keys.close();
        assertThat(store.find(created.key().id()).orElseThrow().lastUsed()).isPresent();
        String hidden = created.secret().substring(created.key().prefix().length());
        for (String file : List.of("gufo.db", "gufo.db-wal")) {
            assertThat(new String(
                            Files.readAllBytes(folder.resolve(file)), java.nio.charset.StandardCharsets.ISO_8859_1))
                    .doesNotContain(hidden);
        }
        assertThat(created.toString()).doesNotContain(hidden);
        assertThat(KeySecret.of(created.secret()).orElseThrow().toString()).doesNotContain(hidden);
        assertThat(store.byPrefix(created.key().prefix()).toString()).doesNotContain(hidden);
    }

    @Test
    void adminRoutesMayHaveAPortOfTheirOwnOrNone() throws Exception {
        String admin = create("root", true).secret();
        try (var apart = new TestServer(
                        TestServer.settings().with().admin(AdminPlace.onPort(0)).build(),
                        database,
                        keys,
                        TestModel.two());
                var without = new TestServer(
                        TestServer.settings().with().admin(AdminPlace.OFF).build(), database, keys, TestModel.two())) {
            int port = apart.server.adminPort();
            assertThat(port).isPositive().isNotEqualTo(apart.server.port());
            String path = "/admin/keys";
            String bearer = "Bearer " + admin;
            assertThat(apart.get(path, "Authorization", bearer).statusCode()).isEqualTo(404);
            assertThat(apart.get("/v1/models", "Authorization", bearer).statusCode())
                    .isEqualTo(200);
            assertThat(without.get(path, "Authorization", bearer).statusCode()).isEqualTo(404);
            assertThat(getFrom(port, path, bearer)).isEqualTo(200);
            assertThat(getFrom(port, "/v1/models", bearer)).isEqualTo(404);
        }
    }

    @Test
    void keysOfTheSettingsStayUnlimitedUsers() throws Exception {
        var settings = TestServer.settings(List.of("configured"), 413, false, Duration.ZERO);
        try (var both = new TestServer(settings, database, keys, TestModel.two())) {
            String stored = create("user", false).secret();
            for (String key : List.of("configured", stored)) {
                assertThat(both.chat(HELLO, "Authorization", "Bearer " + key).statusCode())
                        .isEqualTo(200);
            }
            assertThat(both.get("/admin/keys", "Authorization", "Bearer configured")
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    private int getFrom(int port, String path, String bearer) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(java.net.URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", bearer)
                .build();
        return server.client.send(request, BodyHandlers.ofString()).statusCode();
    }

    private KeyStore.Created create(String name, boolean admin) {
        KeyStore.Created created = store.create(StoredKey.Terms.named(name).withAdmin(admin));
        keys.changed();
        return created;
    }

    private HttpResponse<String> chat(String key) throws IOException, InterruptedException {
        return server.chat(HELLO, "Authorization", "Bearer " + key);
    }

    private HttpResponse<String> chat(String key, String model) throws IOException, InterruptedException {
        var body = new ObjectMapper().readTree(HELLO);
        ((com.fasterxml.jackson.databind.node.ObjectNode) body).put("model", model);
        return server.chat(body.toString(), "Authorization", "Bearer " + key);
    }

    private HttpResponse<String> send(String method, String path, String body, String key)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + key)
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }

    private static void assertRefused(HttpResponse<String> answer, String why) throws IOException {
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(json(answer).at("/error/code").asText()).isEqualTo("invalid_api_key");
        assertThat(json(answer).at("/error/message").asText()).isEqualTo(why);
    }
}
