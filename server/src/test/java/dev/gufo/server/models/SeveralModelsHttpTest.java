package dev.gufo.server.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.TestServer;
import dev.gufo.server.TestStorage;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that are loaded when a request names them, and leave when others need their room. */
@Timeout(60)
class SeveralModelsHttpTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final PooledModels models = new PooledModels(Duration.ZERO);

    @TempDir
    private Path folder;

    private Database database;
    private StoredKeys keys;
    private KeyLimits limits;
    private KeyStore store;
    private TestServer server;
    private String admin;

    @BeforeEach
    void start() {
        database = Database.open("", folder);
        store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        limits = TestStorage.unlimited(database);
        admin = store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
        serve(SOON);
    }

    private void serve(Duration loadWait) {
        ObjectNode parameters = new ObjectMapper().createObjectNode().put("max_tokens", 3);
        server = new TestServer(
                settings(loadWait),
                new Storage(database, keys, limits),
                models.served(parameters, "{{ messages[0].content }} in the tree"));
    }

    private static ServerSettings settings(Duration loadWait) {
        return TestServer.settings().with().insecure(true).loadWait(loadWait).build();
    }

    @AfterEach
    void stop() {
        server.close();
        limits.close();
        keys.close();
        database.close();
        models.close();
    }

    @Test
    void aStreamIsKeptAliveWhileItsModelIsLoadedAndThenAnswered() throws Exception {
        assertThat(status("owl")).isEqualTo("available");
        var lines = server.client
                .send(chat("owl", ",\"stream\":true", admin), BodyHandlers.ofLines())
                .body()
                .iterator();
        assertThat(lines.next()).isEqualTo(": loading");
        await().atMost(SOON).until(() -> status("owl").equals("loading"));
        models.ready("owl");
        var rest = new StringBuilder();
        lines.forEachRemaining(line -> rest.append(line).append('\n'));
        String text = TestServer.events(rest.toString()).stream()
                .map(event -> event.at("/choices/0/delta/content").asText(""))
                .collect(Collectors.joining());
        assertThat(text).isEqualTo("I am owl");
        assertThat(rest.toString().strip()).endsWith("data: [DONE]");
        assertThat(status("owl")).isEqualTo("loaded");
    }

    @Test
    void aWholeAnswerWaitsToo() throws Exception {
        CompletableFuture<HttpResponse<String>> answer =
                server.client.sendAsync(chat("hawk", "", admin), BodyHandlers.ofString());
        await().atMost(SOON).until(() -> models.loaded().contains("hawk"));
        models.ready("hawk");
        HttpResponse<String> response = answer.get(30, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(response).at("/choices/0/message/content").asText())
                .isEqualTo("I am hawk");
    }

    @Test
    void whoHasWaitedLongEnoughIsToldToComeBack() throws Exception {
        server.close();
        serve(Duration.ofMillis(100));
        HttpResponse<String> response = ask("owl", "");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(error(response).path("code").asText()).isEqualTo("model_loading");
        assertThat(error(response).path("message").asText()).contains("owl").contains("40 %");
        assertThat(response.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
        models.ready("owl"); // it went on to load
        await().atMost(SOON).until(() -> ask("owl", "").statusCode() == 200);
    }

    @Test
    void anErrorAfterTheFirstHeartbeatComesAsAnEvent() throws Exception {
        server.close();
        serve(Duration.ofMillis(100));
        HttpResponse<String> response =
                server.client.send(chat("owl", ",\"stream\":true", admin), BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .startsWith(": loading\n\n")
                .contains("data: {\"error\":{")
                .contains("model_loading");
    }

    @Test
    void anotherModelMakesRoomUnlessItIsInUse() throws Exception {
        models.ready("owl");
        models.ready("hawk");
        assertThat(ask("owl", "").statusCode()).isEqualTo(200);
        assertThat(ask("hawk", "").statusCode()).isEqualTo(200);
        assertThat(status("owl")).isEqualTo("available");
        models.engine("hawk").hold().started.clear();
        CompletableFuture<HttpResponse<String>> running =
                server.client.sendAsync(chat("hawk", "", admin), BodyHandlers.ofString());
        await().atMost(SOON).until(() -> requests("hawk") == 1);
        CompletableFuture<HttpResponse<String>> next =
                server.client.sendAsync(chat("owl", "", admin), BodyHandlers.ofString());
        await().atMost(SOON).until(() -> models.pool.residency("owl") instanceof Residency.Waiting);
        assertThat(requests("hawk")).isEqualTo(1);
        assertThat(server.get("/ready").statusCode()).isEqualTo(200);
        ScriptedEngine.Scripted generation = models.engine("hawk").started.take();
        generation.text("late");
        generation.finish(FinishReason.STOP);
        assertThat(running.get(30, TimeUnit.SECONDS).body()).contains("late");
        assertThat(next.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void whatCannotFitOrLoadIsRefusedWithTheReason() throws Exception {
        HttpResponse<String> large = ask("emu", "");
        assertThat(large.statusCode()).isEqualTo(503);
        assertThat(error(large).path("code").asText()).isEqualTo("model_load_failed");
        assertThat(error(large).path("message").asText()).contains("200 bytes");
        HttpResponse<String> broken = ask("wren", "");
        assertThat(error(broken).path("message").asText()).contains("its file has a hole");
        assertThat(status("wren")).isEqualTo("failed");
        HttpResponse<String> inside = ask("finch", "");
        assertThat(error(inside).path("code").asText()).isEqualTo("model_load_failed");
        assertThat(inside.body()).contains("the server's log says why").doesNotContain("/srv", "llama_");
    }

    @Test
    void whatAnEngineSaysOfItsFailureIsForTheLog() throws Exception {
        var pending = server.client.sendAsync(chat("owl", "", admin), BodyHandlers.ofString());
        await().atMost(SOON).until(() -> models.pool.residency("owl") instanceof Residency.Loading);
        models.engine("owl").status(new EngineStatus.Failed("can't open /srv/models/owl.gguf"));
        HttpResponse<String> failed = pending.get(30, TimeUnit.SECONDS);
        assertThat(error(failed).path("code").asText()).isEqualTo("model_load_failed");
        assertThat(failed.body()).doesNotContain("/srv");
        assertThat(ask("owl", "").body()).as("still known").doesNotContain("/srv");
    }

    @Test
    void anAliasHasItsOwnParametersAndTemplate() throws Exception {
        models.ready("owl");
        JsonNode alias = TestServer.json(ask("bird", ""));
        assertThat(alias.path("model").asText()).isEqualTo("bird");
        assertThat(alias.at("/usage/completion_tokens").asInt()).isEqualTo(3);
        assertThat(models.engine("owl").lastPrompt().text()).isEqualTo("Hi in the tree");
        JsonNode more = TestServer.json(ask("bird", ",\"max_tokens\":5"));
        assertThat(more.at("/usage/completion_tokens").asInt()).isEqualTo(5);
        JsonNode synonym = TestServer.json(ask("bird", ",\"max_completion_tokens\":5"));
        assertThat(synonym.at("/usage/completion_tokens").asInt()).isEqualTo(5);
        assertThat(models.loaded()).containsExactly("owl");
    }

    @Test
    void whoWaitsForAModelIsOneOfItsKeysRunningRequests() throws Exception {
        String one = store.create(
                        StoredKey.Terms.named("one").withLimits(_ -> new Limits(Map.of(Limit.CONCURRENT_REQUESTS, 1L))))
                .secret();
        keys.changed();
        CompletableFuture<HttpResponse<String>> waiting =
                server.client.sendAsync(chat("owl", "", one), BodyHandlers.ofString());
        await().atMost(SOON).until(() -> models.loaded().contains("owl"));
        HttpResponse<String> second = server.client.send(chat("hawk", "", one), BodyHandlers.ofString());
        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(models.loaded()).containsExactly("owl");
        models.ready("owl");
        assertThat(waiting.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(server.client
                        .send(chat("owl", "", one), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aPinnedModelStaysUntilItIsLetGo() throws Exception {
        models.ready("owl");
        models.ready("hawk");
        HttpResponse<String> pinned = send("POST", "/admin/models/owl/pin", admin);
        assertThat(pinned.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(pinned).path("pinned").asBoolean()).isTrue();
        assertThat(status("owl")).as("pinning loads nothing").isEqualTo("available");
        assertThat(ask("owl", "").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = ask("hawk", "");
        assertThat(error(refused).path("message").asText()).contains("pinned models that stay: 1");
        assertThat(status("owl")).isEqualTo("loaded");
        HttpResponse<String> free = send("POST", "/admin/models/owl/unpin", admin);
        assertThat(TestServer.json(free).path("pinned").asBoolean()).isFalse();
        await().atMost(SOON).until(() -> ask("hawk", "").statusCode() == 200);
        assertThat(status("owl")).isEqualTo("available");
        assertThat(send("POST", "/admin/models/none/pin", admin).statusCode()).isEqualTo(404);
    }

    @Test
    void administratorsHaveModelsComeAndGo() throws Exception {
        models.ready("owl");
        HttpResponse<String> loaded = send("POST", "/admin/models/owl/load", admin);
        assertThat(loaded.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(loaded).path("status").asText()).isEqualTo("loaded");
        assertThat(TestServer.json(loaded).at("/memory_bytes/CPU").asLong()).isEqualTo(60);
        HttpResponse<String> all = send("GET", "/admin/models", admin);
        assertThat(TestServer.json(all).path("data")).hasSize(6);
        HttpResponse<String> gone = send("POST", "/admin/models/owl/unload", admin);
        assertThat(TestServer.json(gone).path("status").asText()).isEqualTo("available");
        assertThat(models.loaded()).isEmpty();
        assertThat(send("POST", "/admin/models/dodo/load", admin).statusCode()).isEqualTo(404);
        assertThat(send("POST", "/admin/models/wren/load", admin).statusCode()).isEqualTo(503);
        String user = store.create(StoredKey.Terms.named("user")).secret();
        keys.changed();
        assertThat(send("POST", "/admin/models/owl/load", user).statusCode()).isEqualTo(403);
    }

    @Test
    void whoHasNoTokensLeftHasNothingLoaded() throws Exception {
        String poor = store.create(
                        StoredKey.Terms.named("poor").withLimits(_ -> new Limits(Map.of(Limit.TOKENS_PER_MINUTE, 10L))))
                .secret();
        keys.changed();
        String words = "owl ".repeat(100);
        HttpResponse<String> response = server.client.send(
                request("/v1/chat/completions", poor)
                        .POST(BodyPublishers.ofString(
                                "{\"model\":\"owl\",\"messages\":[{\"role\":\"user\",\"content\":\"" + words + "\"}]}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(models.loaded()).isEmpty();
    }

    @Test
    void metricsTellWhichModelsAreLoaded() throws Exception {
        models.ready("hawk");
        ask("hawk", "");
        assertThat(send("GET", "/metrics", admin).body())
                .contains("gufo_model_loaded{model_name=\"hawk\"} 1.0")
                .contains("gufo_model_loaded{model_name=\"owl\"} 0.0");
    }

    private int requests(String id) {
        return switch (models.pool.residency(id)) {
            case Residency.Loaded loaded -> loaded.leases();
            case Residency.Unloading(int leases) -> leases; // nobody new, but those go on
            default -> 0;
        };
    }

    private String status(String id) throws Exception {
        return TestServer.json(send("GET", "/v1/models/" + id, admin))
                .path("status")
                .asText();
    }

    private HttpResponse<String> ask(String model, String more) throws Exception {
        return server.client.send(chat(model, more, admin), BodyHandlers.ofString());
    }

    private HttpRequest chat(String model, String more, String key) {
        return request("/v1/chat/completions", key)
                .POST(BodyPublishers.ofString(
                        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}"
                                .formatted(model, more)))
                .build();
    }

    private HttpResponse<String> send(String method, String path, String key) throws Exception {
        return server.client.send(
                request(path, key).method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String key) {
        return HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key);
    }

    private static JsonNode error(HttpResponse<String> response) throws Exception {
        return TestServer.json(response).path("error");
    }
}
