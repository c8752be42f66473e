package dev.gufo.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Patterns;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys and usage. */
@Timeout(60)
class DocumentedAdministrationTest {
    @TempDir
    private Path folder;

    private Database database;
    private StoredKeys keys;
    private TestServer server;
    private DocumentedApi api;
    private String admin;

    @BeforeEach
    void start() throws Exception {
        database = Database.open("", folder);
        var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        admin = store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
        server = new TestServer(TestServer.settings(), database, keys, new TestModel("scripted", new ScriptedEngine()));
        api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
    }

    @AfterEach
    void stop() {
        server.close();
        keys.close();
        database.close();
    }

    @Test
    void aKeysLifeIsAsDocumented() throws Exception {
        var example = api.operation("POST /admin/keys").at("/requestBody/content/application~1json/examples/app/value");
        assertThat(api.requestFaults("POST /admin/keys", example)).isEmpty();
        HttpResponse<String> made = send("POST", "/admin/keys", example.toString(), admin);
        assertAsDocumented("POST /admin/keys", made, 200);
        String path = "/admin/keys/" + TestServer.json(made).path("id").asText();
        assertAsDocumented("GET /admin/keys", send("GET", "/admin/keys", "", admin), 200);
        assertAsDocumented("GET /admin/keys/{id}", send("GET", path, "", admin), 200);
        var change = api.operation("PATCH /admin/keys/{id}")
                .at("/requestBody/content/application~1json/examples/limits/value");
        assertThat(api.requestFaults("PATCH /admin/keys/{id}", change)).isEmpty();
        assertAsDocumented("PATCH /admin/keys/{id}", send("PATCH", path, change.toString(), admin), 200);
        assertAsDocumented("DELETE /admin/keys/{id}", send("DELETE", path, "", admin), 200);
        assertAsDocumented("GET /admin/keys/{id}", send("GET", "/admin/keys/none", "", admin), 404);
        for (String wrong : List.of(
                "{}", "{\"name\":\"\"}", "{\"name\":\"a\",\"priority\":11}", "{\"name\":\"a\",\"nome\":\"b\"}")) {
            assertThat(api.requestFaults("POST /admin/keys", DocumentedApi.parsed(wrong)))
                    .as(wrong)
                    .isNotEmpty();
            assertAsDocumented("POST /admin/keys", send("POST", "/admin/keys", wrong, admin), 400);
        }
    }

    @Test
    void usageIsAsDocumented() throws Exception {
        send("POST", "/v1/chat/completions", TestServer.HELLO, admin);
        for (String question :
                List.of("", "?since=1d", "?group_by=", "?group_by=key,day&format=csv", "?start=2020-01-01")) {
            assertAsDocumented("GET /v1/usage", send("GET", "/v1/usage" + question, "", admin), 200);
            assertAsDocumented("GET /admin/usage", send("GET", "/admin/usage" + question, "", admin), 200);
        }
        assertAsDocumented("GET /v1/usage", send("GET", "/v1/usage?since=soon", "", admin), 400);
    }

    @Test
    void whatRunsIsAsDocumented() throws Exception {
        send("POST", "/v1/chat/completions", TestServer.HELLO, admin);
        assertAsDocumented("GET /admin/status", send("GET", "/admin/status", "", admin), 200);
        assertAsDocumented("GET /admin/plan", send("GET", "/admin/plan", "", admin), 200);
        assertAsDocumented("GET /admin/models", send("GET", "/admin/models", "", admin), 200);
        assertAsDocumented("GET /admin/requests", send("GET", "/admin/requests?limit=10", "", admin), 200);
        assertAsDocumented("GET /admin/requests", send("GET", "/admin/requests?limit=0", "", admin), 400);
        assertAsDocumented("POST /admin/models/{id}/pin", send("POST", "/admin/models/scripted/pin", "", admin), 200);
        assertAsDocumented("POST /admin/models/{id}/unpin", send("POST", "/admin/models/none/unpin", "", admin), 404);
        assertAsDocumented("GET /admin/events", send("GET", "/admin/events", "", "wrong"), 401);
    }

    @Test
    void whoMayNotIsToldAsDocumented() throws Exception {
        var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        String user = store.create(StoredKey.Terms.named("user").withEndpoints(new Patterns(List.of("/v1/models"))))
                .secret();
        keys.changed();
        assertAsDocumented("GET /admin/keys", send("GET", "/admin/keys", "", user), 403);
        assertAsDocumented("POST /v1/tokenize", send("POST", "/v1/tokenize", "{}", user), 403);
        assertAsDocumented("GET /admin/usage", send("GET", "/admin/usage", "", "wrong"), 401);
    }

    private void assertAsDocumented(String operation, HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(api.faults(operation, response)).isEmpty();
    }

    private HttpResponse<String> send(String method, String path, String body, String key)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key)
                .method(method, BodyPublishers.ofString(body))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }
}
