package dev.gufo.server.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What administrators see of a running server. */
@Timeout(60)
class StatusHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = new ScriptedEngine();
    private Database database;
    private StoredKeys keys;
    private TestServer server;
    private String admin;

    @BeforeEach
    void start() {
        database = Database.open("", folder);
        var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        admin = store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
        server = new TestServer(TestServer.settings(), database, keys, new TestModel("scripted", engine));
    }

    @AfterEach
    void stop() {
        server.close();
        keys.close();
        database.close();
    }

    @Test
    void theStatusTellsModelsMemoryPartsAndTokens() throws Exception {
        engine.answering("Hello").status(new EngineStatus.Ready(2, 3, 0.5f, 1));
        assertThat(send("POST", "/v1/chat/completions", TestServer.HELLO).statusCode())
                .isEqualTo(200);
        JsonNode status = JSON.readTree(send("GET", "/admin/status", "").body());
        JsonNode model = status.at("/models/0");
        assertThat(model.path("id").asText()).isEqualTo("scripted");
        assertThat(model.path("running").asInt()).isEqualTo(2);
        assertThat(model.path("waiting").asInt()).isEqualTo(3);
        assertThat(model.path("kv_usage").asDouble()).isEqualTo(0.5);
        assertThat(model.path("preemptions").asInt()).isEqualTo(1);
        assertThat(model.at("/tokens/prompt").asInt()).isPositive();
        assertThat(model.at("/tokens/generated").asInt()).isPositive();
        assertThat(status.at("/memory/CPU/budget_bytes").asLong()).isEqualTo(1);
        assertThat(status.at("/parts/ledger/state").asText()).isEqualTo("ok");
    }

    @Test
    void theStatusTellsCacheTiersAndGapsAgainstTheTarget() throws Exception {
        var memory = new CacheUse.Tier(300, 1_000, 2, 90);
        engine.answering("Hello").keeping(new CacheUse(CacheUse.Tier.NONE, memory, CacheUse.Tier.NONE));
        assertThat(send("POST", "/v1/chat/completions", TestServer.HELLO).statusCode())
                .isEqualTo(200);
        JsonNode model = JSON.readTree(send("GET", "/admin/status", "").body()).at("/models/0");
        assertThat(model.path("caches").toString())
                .isEqualTo("{\"memory\":{\"bytes\":300,\"most_bytes\":1000,\"hits\":2,\"hit_tokens\":90}}");
        assertThat(model.path("target_gap_ms").asInt()).isEqualTo(200);
        assertThat(model.at("/gaps/tokens").asInt()).isPositive();
        assertThat(model.at("/gaps/p99_ms").asDouble())
                .isGreaterThanOrEqualTo(model.at("/gaps/median_ms").asDouble());
    }

    @Test
    void theStatusTellsWhatEachKeyHasRunningAndWaiting() throws Exception {
        engine.hold();
        var first = server.client.sendAsync(
                request("POST", "/v1/chat/completions", TestServer.HELLO), BodyHandlers.ofString());
        var second = server.client.sendAsync(
                request("POST", "/v1/chat/completions", TestServer.HELLO), BodyHandlers.ofString());
        ScriptedEngine.Scripted running = engine.started.take();
        ScriptedEngine.Scripted waiting = engine.started.take();
        running.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        await().untilAsserted(() -> {
            JsonNode keys =
                    JSON.readTree(send("GET", "/admin/status", "").body()).path("keys");
            assertThat(keys).hasSize(1);
            assertThat(keys.at("/0/name").asText()).isEqualTo("root");
            assertThat(keys.at("/0/running").asInt()).isEqualTo(1);
            assertThat(keys.at("/0/waiting").asInt()).isEqualTo(1);
        });
        waiting.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        for (ScriptedEngine.Scripted each : new ScriptedEngine.Scripted[] {running, waiting}) {
            each.text("Hoo");
            each.finish(GenerationEvent.FinishReason.STOP);
        }
        assertThat(first.join().statusCode()).isEqualTo(200);
        assertThat(second.join().statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(
                        JSON.readTree(send("GET", "/admin/status", "").body()).path("keys"))
                .isEmpty());
    }

    @Test
    void theStreamBeginsWithTheStatusAndTellsWhatChanges() throws Exception {
        HttpResponse<InputStream> response = stream();
        assertThat(response.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            assertThat(next(lines).at("/models/0/running").asInt()).isZero();
            engine.status(new EngineStatus.Ready(1, 0));
            JsonNode changed = next(lines);
            assertThat(changed.at("/models/0/running").asInt()).isEqualTo(1);
            engine.status(new EngineStatus.Ready(0, 0));
            assertThat(next(lines).at("/models/0/running").asInt()).isZero();
        }
    }

    @Test
    void aStopDoesNotWaitForThoseWhoLook() throws Exception {
        HttpResponse<InputStream> response = stream();
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            next(lines);
            server.server.drain();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                assertThat(line).matches("|: ping|event: status|data: .*");
            }
        }
    }

    @Test
    void theLastRequestsAreRowsWithoutContent() throws Exception {
        engine.answering("secret answer");
        send("POST", "/v1/chat/completions", TestServer.HELLO);
        send("POST", "/v1/chat/completions", TestServer.HELLO);
        String body = send("GET", "/admin/requests?limit=1&model=scripted&status=completed", "")
                .body();
        JsonNode rows = JSON.readTree(body).path("data");
        assertThat(rows).hasSize(1);
        assertThat(rows.at("/0/key_name").asText()).isEqualTo("root");
        assertThat(rows.at("/0/completion_tokens").asInt()).isPositive();
        assertThat(body).doesNotContain("secret");
        assertThat(rows(send("GET", "/admin/requests?model=other", ""))).isEmpty();
        assertThat(rows(send("GET", "/admin/requests?key=nobody", ""))).isEmpty();
        for (String wrong : new String[] {"limit=0", "limit=501", "limit=x", "status=fine"}) {
            HttpResponse<String> refused = send("GET", "/admin/requests?" + wrong, "");
            assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
            assertThat(JSON.readTree(refused.body()).at("/error/param").asText())
                    .isEqualTo(wrong.substring(0, wrong.indexOf('=')));
        }
    }

    @Test
    void onlyAdministratorsSeeIt() throws Exception {
        for (String path : new String[] {"/admin/status", "/admin/events", "/admin/requests"}) {
            assertThat(server.get(path).statusCode()).as(path).isEqualTo(401);
        }
    }

    private static JsonNode rows(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body()).path("data");
    }

    /** The data of the next event. */
    private static JsonNode next(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (!line.startsWith("data: ")) {
            line = lines.readLine();
        }
        return JSON.readTree(line.substring("data: ".length()));
    }

    private HttpResponse<InputStream> stream() throws IOException, InterruptedException {
        return server.client.send(request("GET", "/admin/events", ""), BodyHandlers.ofInputStream());
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return server.client.send(request(method, path, body), BodyHandlers.ofString());
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + admin)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
