package dev.gufo.server.health;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ReadyHttpTest {
    @TempDir
    private Path folder;

    @Test
    void everyPartIsNamedWithItsState() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            JsonNode ready = json(server.get("/ready"));
            assertThat(ready.at("/status").asText()).isEqualTo("ready");
            for (String part : List.of("workers", "ledger", "database", "disk", "pool")) {
                assertThat(ready.at("/parts/" + part + "/state").asText())
                        .as(part)
                        .isIn("ok", "degraded");
            }
            assertThat(ready.at("/parts/workers/loaded").asInt()).isEqualTo(1);
            assertThat(ready.at("/parts/disk/free_bytes").asLong()).isPositive();
        }
    }

    @Test
    void aServerWhoseDataFolderIsGoneIsNotReadyUntilItIsBack() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            Path away = folder.resolveSibling(folder.getFileName() + "-away");
            Files.move(folder, away);
            var notReady = server.get("/ready");
            assertThat(notReady.statusCode()).isEqualTo(503);
            assertThat(notReady.headers().firstValue("Retry-After")).isPresent();
            assertThat(json(notReady).at("/parts/database/reason").asText()).contains("removed or replaced");
            assertThat(notReady.body()).doesNotContain(folder.toString());
            assertThat(code(server.chat(HELLO))).isEqualTo("ledger_unavailable");
            await().until(() -> json(server.get("/ready"))
                    .at("/parts/ledger/state")
                    .asText()
                    .equals("failing"));
            assertThat(server.get("/health").statusCode()).isEqualTo(200);
            assertThat(server.get("/metrics").body())
                    .contains("gufo_part_up{part=\"ledger\"} 0.0", "gufo_part_up{part=\"workers\"} 1.0");
            Files.move(away, folder);
            await().until(() -> server.get("/ready").statusCode() == 200);
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aServerWhoseDatabaseAnotherProgramLocksIsNotReadyUntilItIsFree() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            CompletableFuture<HttpResponse<String>> waiting;
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(Database.FILE));
                    Statement statement = other.createStatement()) {
                statement.execute("BEGIN IMMEDIATE");
                waiting = server.client.sendAsync(server.chatRequest(HELLO), BodyHandlers.ofString());
                // It is still trying, and nothing has failed yet.
                await().atMost(Duration.ofSeconds(40))
                        .until(() -> json(server.get("/ready"))
                                .at("/parts/ledger/reason")
                                .asText()
                                .startsWith("a commit of the ledger has taken"));
                assertThat(server.get("/ready").statusCode()).isEqualTo(503);
                statement.execute("ROLLBACK");
            }
            await().atMost(Duration.ofSeconds(40))
                    .until(() -> server.get("/ready").statusCode() == 200);
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            assertThat(waiting.join().statusCode()).isIn(200, 503);
        }
    }

    @Test
    void everyRouteThatNeedsTheDatabaseSaysThatItCannotBeUsed() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            var admin = store.create(StoredKey.Terms.named("root").withAdmin(true));
            String[] key = {"Authorization", "Bearer " + admin.secret()};
            // No entry of the cache outlives its request.
            try (var keys = new StoredKeys(store, InstantSource.system(), System::nanoTime);
                    var server = new TestServer(
                            TestServer.settings(), database, keys, model("scripted", new ScriptedEngine()))) {
                assertThat(server.get("/admin/keys", key).statusCode()).isEqualTo(200);
                Path away = folder.resolveSibling(folder.getFileName() + "-away");
                Files.move(folder, away);
                for (String path : List.of("/admin/keys", "/admin/usage", "/v1/usage")) {
                    assertUnusable(server.get(path, key));
                }
                keys.changed();
                assertUnusable(server.get("/v1/models", key));
                Files.move(away, folder);
                assertThat(server.get("/admin/keys", key).statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void aModelThatIsRestartedBesideAnotherDegradesTheServer() throws Exception {
        var died = new ScriptedEngine();
        try (var server =
                new TestServer(TestServer.settings(), model("well", new ScriptedEngine()), model("died", died))) {
            died.status(new EngineStatus.Restarting("it died", Duration.ofSeconds(1)));
            var ready = server.get("/ready");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(json(ready).at("/parts/workers/state").asText()).isEqualTo("degraded");
            assertThat(ready.body()).doesNotContain("died");
        }
    }

    private static TestModel model(String id, ScriptedEngine engine) {
        return new TestModel(id, engine);
    }

    private static void assertUnusable(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(code(response)).isEqualTo("database_unavailable");
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
    }

    private static String code(HttpResponse<String> response) throws IOException {
        return json(response).at("/error/code").asText();
    }

    private static TestServer server(Database database) {
        return new TestServer(TestServer.settings(), database, model("scripted", new ScriptedEngine()));
    }
}
