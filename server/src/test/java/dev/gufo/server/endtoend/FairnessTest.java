package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys take turns: through HTTP, with the demo model that runs one request at a time. */
@Timeout(120)
class FairnessTest {
    private static final Path MODELS = Path.of(System.getProperty("gufo.models"));
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));

    @TempDir
    private Path folder;

    private Database database;
    private KeyStore store;
    private StoredKeys keys;
    private StartOrder engine;
    private TestServer server;

    @BeforeEach
    void openDatabase() {
        database = Database.open("", folder);
        store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
    }

    @AfterEach
    void close() {
        engine.go();
        server.close();
        engine.close();
        keys.close();
        database.close();
    }

    @Test
    void aKeysSingleRequestWaitsForOneOfAnotherKeysManyAtMost() throws Exception {
        start(300);
        var crowd = key("crowd", 5);
        var single = key("single", 5);
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        all.add(occupy(crowd));
        for (int i = 0; i < 100; i++) {
            all.add(ask(crowd, 1));
        }
        for (int i = 0; i < 50; i++) {
            all.add(ask(crowd, 2));
        }
        awaitTaken(201);
        all.add(ask(single, 1));
        awaitTaken(202);
        assertThat(engine.starts()).hasSize(1);
        engine.go();
        all.forEach(each -> assertThat(each.join().statusCode()).isEqualTo(200));
        assertThat(engine.starts().subList(1, 3)).contains(single.key().id());
        assertThat(engine.starts()).hasSize(202);
    }

    @Test
    void turnsGoByPriority() throws Exception {
        start(300);
        var usual = key("usual", 3);
        var preferred = key("preferred", 9);
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        all.add(occupy(key("other", 5)));
        for (int i = 0; i < 40; i++) {
            all.add(ask(usual, 1));
            all.add(ask(preferred, 1));
        }
        awaitTaken(81);
        engine.go();
        all.forEach(each -> assertThat(each.join().statusCode()).isEqualTo(200));
        assertThat(engine.starts().subList(1, 41))
                .filteredOn(preferred.key().id()::equals)
                .hasSizeBetween(29, 31);
    }

    @Test
    void aFullQueueIsFullForWhoeverFilledItOnly() throws Exception {
        start(8);
        var crowd = key("crowd", 5);
        var single = key("single", 5);
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        all.add(occupy(crowd));
        for (int i = 0; i < 8; i++) {
            all.add(ask(crowd, 1));
        }
        awaitTaken(9);
        HttpResponse<String> refused = ask(crowd, 1).join();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("queue_full");
        assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
        for (int i = 0; i < 4; i++) {
            all.add(ask(single, 1));
        }
        awaitTaken(13);
        assertThat(ask(single, 1).join().statusCode()).isEqualTo(503);
        engine.go();
        all.forEach(each -> assertThat(each.join().statusCode()).isEqualTo(200));
    }

    private void start(int queueLength) {
        var settings = EngineSettings.of(MODELS.resolve("demo-chat.gguf"), NATIVES)
                .sequences(1)
                .gpuLayers(0)
                .threads(2)
                .queueLength(queueLength)
                .build();
        engine = new StartOrder(LocalEngine.open(settings, percent -> {}));
        server = new TestServer(TestServer.settings(), database, keys, new TestModel("demo-chat", engine));
    }

    private KeyStore.Created key(String name, int priority) {
        var created = store.create(StoredKey.Terms.named(name).withPriority(priority));
        keys.changed();
        return created;
    }

    /** Has the engine's only place taken. */
    private CompletableFuture<HttpResponse<String>> occupy(KeyStore.Created key) {
        var first = ask(key, 1);
        await().until(() -> !engine.starts().isEmpty());
        return first;
    }

    private CompletableFuture<HttpResponse<String>> ask(KeyStore.Created key, int answers) {
        return server.client.sendAsync(
                request(
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"max_tokens\": 1, \"n\": %d}"
                                .formatted(answers),
                        key),
                BodyHandlers.ofString());
    }

    private HttpRequest request(String json, KeyStore.Created key) {
        return server.chatRequest(json, "Authorization", "Bearer " + key.secret());
    }

    /** Until so many requests run or wait. */
    private void awaitTaken(int requests) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> engine.status() instanceof EngineStatus.Ready ready
                        && ready.running() + ready.waiting() == requests);
    }
}
