package dev.gufo.server.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestModels;
import dev.gufo.server.TestServer;
import dev.gufo.server.TestStorage;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Patterns;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.ModelWatch;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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

/** Models in the folder are told of while the server runs, and told of is all they are. */
@Timeout(60)
class StoredModelsHttpTest {
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);

    @TempDir
    private Path folder;

    private final TestModels models = new TestModels(new TestModel("served", new ScriptedEngine()));
    private ModelWatch watch;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        RandomModel.write(SMALL, 1, folder.resolve("served.gguf"));
        watch = new ModelDirectory(folder).watch(models -> {});
        server = new TestServer(TestServer.settings(), new ServedModels(models.all(), watch::models));
    }

    @AfterEach
    void stop() {
        server.close();
        models.close();
        watch.close();
    }

    @Test
    void aFileThatComesOrGoesIsSeen() throws Exception {
        JsonNode served = models().get(0);
        assertThat(served.path("status").asText()).isEqualTo("loaded");
        assertThat(served.path("context_length").asInt()).isEqualTo(128);
        assertThat(served.path("size_bytes").asLong()).isEqualTo(Files.size(folder.resolve("served.gguf")));

        Files.createDirectories(folder.resolve("more"));
        Files.copy(folder.resolve("served.gguf"), folder.resolve("more/owl.gguf"));
        await().atMost(Duration.ofSeconds(30)).until(() -> models().size() == 2);
        JsonNode owl = TestServer.json(server.get("/v1/models/owl"));
        assertThat(owl.path("status").asText()).isEqualTo("available");
        assertThat(owl.path("roles").get(0).asText()).isEqualTo("chat");
        assertThat(owl.path("owned_by").asText()).isEqualTo("gufo");

        HttpResponse<String> chat =
                server.chat("{\"model\":\"owl\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        assertThat(chat.statusCode()).isEqualTo(404);
        assertThat(TestServer.json(chat).path("error").path("code").asText()).isEqualTo("model_not_loaded");

        Files.delete(folder.resolve("more/owl.gguf"));
        await().atMost(Duration.ofSeconds(30)).until(() -> models().size() == 1);
        assertThat(server.get("/v1/models/owl").statusCode()).isEqualTo(404);
    }

    @Test
    void aKeyIsNotToldOfFilesThatItMayNotUse() throws Exception {
        Files.copy(folder.resolve("served.gguf"), folder.resolve("owl.gguf"));
        await().atMost(Duration.ofSeconds(30)).until(() -> models().size() == 2);
        try (Database database = Database.open("", Files.createDirectories(folder.resolve("data")))) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String secret = store.create(StoredKey.Terms.named("narrow").withModels(new Patterns(List.of("served"))))
                    .secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    KeyLimits limits = TestStorage.unlimited(database);
                    var scoped = new TestServer(
                            TestServer.settings(),
                            new Storage(database, keys, limits),
                            new ServedModels(models.all(), watch::models))) {
                for (String path : List.of("/v1/chat/completions", "/v1/tokenize", "/v1/embeddings")) {
                    for (String model : List.of("owl", "nowhere")) {
                        var request = HttpRequest.newBuilder(scoped.uri(path))
                                .header("Content-Type", "application/json")
                                .header("Authorization", "Bearer " + secret)
                                .POST(
                                        BodyPublishers.ofString(
                                                "{\"model\":\"" + model
                                                        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"content\":\"Hi\",\"prompt\":\"Hi\",\"input\":\"Hi\"}"))
                                .build();
                        HttpResponse<String> answer = scoped.client.send(request, BodyHandlers.ofString());
                        assertThat(answer.statusCode()).as(path + model).isEqualTo(404);
                        assertThat(TestServer.json(answer).at("/error/code").asText())
                                .as(path + model)
                                .isEqualTo("model_not_found");
                    }
                }
            }
        }
    }

    @Test
    void noRouteGivesAModelAway() throws Exception {
        byte[] start = {'G', 'G', 'U', 'F'};
        for (String path : List.of(
                "/served.gguf",
                "/models/served.gguf",
                "/v1/models/served.gguf",
                "/v1/models/served/content",
                "/v1/models/../served.gguf",
                "/v1/models/%2e%2e%2fserved.gguf",
                "/v1/models/" + folder.resolve("served.gguf"),
                "/v1/files/served.gguf/content",
                "/.served.gguf.part")) {
            HttpResponse<String> response = server.get(path);
            assertThat(response.statusCode()).as(path).isBetween(400, 499);
            assertThat(response.body()).as(path).doesNotContain(new String(start, StandardCharsets.US_ASCII));
        }
        for (String path : List.of("/v1/models", "/v1/models/served", "/health", "/ready", "/metrics")) {
            HttpResponse<String> response = server.get(path);
            assertThat(response.body()).as(path).doesNotContain("GGUF").doesNotContain(folder.toString());
            assertThat(response.body().length()).as(path).isLessThan(64 << 10);
        }
    }

    private JsonNode models() throws IOException, InterruptedException {
        return TestServer.json(server.get("/v1/models")).path("data");
    }
}
