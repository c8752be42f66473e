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
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that are named by what their files are. */
@Timeout(60)
class VersionsHttpTest {
    static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);

    @TempDir
    private Path folder;

    private final TestModels models = new TestModels(
            new TestModel("served", new ScriptedEngine()), new TestModel("fileless", new ScriptedEngine()));
    private ModelWatch watch;
    private TestServer server;
    private String digest;

    @BeforeEach
    void start() throws Exception {
        RandomModel.write(SMALL, 1, folder.resolve("served.gguf"));
        digest = sha256(folder.resolve("served.gguf"));
        watch = new ModelDirectory(folder).watch(models -> {});
        server = new TestServer(TestServer.settings(), new ServedModels(models.all(), watch::models));
    }

    @AfterEach
    void stop() {
        server.close();
        models.close();
        watch.close();
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    private HttpResponse<String> chat(String model) throws Exception {
        return server.chat("{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".formatted(model));
    }

    private static void assertError(HttpResponse<String> response, int status, String code, String param)
            throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode error = TestServer.json(response).path("error");
        assertThat(error.path("code").asText()).isEqualTo(code);
        assertThat(error.path("param").asText()).isEqualTo(param);
    }

    @Test
    void aVersionThatTheFileHasIsAnsweredAndTold() throws Exception {
        for (String version :
                List.of(digest.substring(0, 8), digest, digest.substring(0, 20).toUpperCase(Locale.ROOT))) {
            HttpResponse<String> response = chat("served@sha256:" + version);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-model-digest")).contains("sha256:" + digest);
            assertThat(TestServer.json(response).path("model").asText()).isEqualTo("served");
        }
        JsonNode listed = TestServer.json(server.get("/v1/models")).path("data").path(0);
        assertThat(listed.path("digest").asText()).isEqualTo("sha256:" + digest);
        HttpResponse<String> one = server.get("/v1/models/served@sha256:" + digest);
        assertThat(TestServer.json(one).path("digest").asText()).isEqualTo("sha256:" + digest);
    }

    @Test
    void anotherVersionIsNotFound() throws Exception {
        String other = (digest.charAt(0) == '0' ? "1" : "0") + digest.substring(1);
        assertError(chat("served@sha256:" + other), 404, "model_version_not_found", "model");
        assertError(chat("fileless@sha256:" + digest), 404, "model_version_not_found", "model");
        assertError(chat("nowhere@sha256:" + digest), 404, "model_not_found", "model");
        assertError(server.get("/v1/models/served@sha256:" + other), 404, "model_version_not_found", "model");
    }

    @Test
    void whatIsNoBeginningOfADigestIsNamed() throws Exception {
        for (String version : List.of("", "1234567", "1234567g", "0".repeat(65))) {
            assertError(chat("served@sha256:" + version), 400, "invalid_value", "model");
        }
    }

    @Test
    void everyAnswerOfAModelTellsItsDigestOnceTheFileWasHashed() throws Exception {
        assertThat(chat("served@sha256:" + digest).statusCode()).isEqualTo(200);
        String streamed =
                "{\"stream\":true,\"model\":\"served\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        for (HttpResponse<String> response : List.of(
                chat("served"),
                server.chat(streamed),
                server.post("/v1/completions", "{\"prompt\":\"Hi\"}"),
                server.post("/v1/responses", "{\"input\":\"Hi\"}"),
                server.post("/v1/messages", "{\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"),
                server.post("/v1/models/served/predict", "{\"text\":\"Hi\"}"))) {
            assertThat(response.headers().firstValue("x-model-digest"))
                    .as(response.body())
                    .contains("sha256:" + digest);
        }
        JsonNode predicted =
                TestServer.json(server.post("/v1/models/served@sha256:" + digest + "/predict", "{\"text\":\"Hi\"}"));
        assertThat(predicted.path("digest").asText()).isEqualTo("sha256:" + digest);
    }

    @Test
    void theLedgerKnowsWhichFileAnswered() throws Exception {
        try (Database database = Database.open("", Files.createDirectories(folder.resolve("data")))) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    KeyLimits limits = TestStorage.unlimited(database);
                    var kept = new TestServer(
                            TestServer.settings(),
                            new Storage(database, keys, limits),
                            new ServedModels(models.all(), watch::models))) {
                String messages = ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
                for (String model : List.of("served@sha256:" + digest, "fileless")) {
                    assertThat(kept.chat("{\"model\":\"" + model + "\"" + messages)
                                    .statusCode())
                            .isEqualTo(200);
                }
            }
            List<String> rows = database.read(session -> session.list(
                    "SELECT model, model_digest FROM ledger ORDER BY model",
                    row -> row.getString(1) + " " + row.getString(2)));
            assertThat(rows).containsExactly("fileless ", "served sha256:" + digest);
        }
    }

    @Test
    void aReplacedFileIsAnotherVersion() throws Exception {
        assertThat(chat("served@sha256:" + digest).statusCode()).isEqualTo(200);
        Path other = folder.resolve("other.part");
        RandomModel.write(SMALL, 2, other);
        String next = sha256(other);
        Files.move(other, folder.resolve("served.gguf"), StandardCopyOption.REPLACE_EXISTING);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> chat("served@sha256:" + next).statusCode() == 200);
        assertError(chat("served@sha256:" + digest), 404, "model_version_not_found", "model");
        assertThat(chat("served").headers().firstValue("x-model-digest")).contains("sha256:" + next);
    }

    @Test
    void aKeyMayNotReachByAVersionWhatItMayNotUse() throws Exception {
        try (Database database = Database.open("", Files.createDirectories(folder.resolve("data")))) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String secret = store.create(StoredKey.Terms.named("narrow").withModels(new Patterns(List.of("fileless"))))
                    .secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    KeyLimits limits = TestStorage.unlimited(database);
                    var scoped = new TestServer(
                            TestServer.settings(),
                            new Storage(database, keys, limits),
                            new ServedModels(models.all(), watch::models))) {
                String body = "{\"model\":\"served@sha256:%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                        .formatted(digest);
                assertError(scoped.chat(body, "Authorization", "Bearer " + secret), 404, "model_not_found", "model");
                assertError(
                        scoped.get("/v1/models/served@sha256:" + digest, "Authorization", "Bearer " + secret),
                        404,
                        "model_not_found",
                        "model");
            }
        }
    }

    @Test
    void theVersionOfTheApiIsTakenAndTold() throws Exception {
        assertThat(server.get("/v1/models").headers().firstValue("Gufo-Version"))
                .contains("2026-11-27");
        HttpResponse<String> newer = server.get("/v1/models", "Gufo-Version", "2027-01-31");
        assertThat(newer.statusCode()).isEqualTo(200);
        assertThat(newer.headers().firstValue("Gufo-Version")).contains("2026-11-27");
        for (String wrong : List.of("2", "2026-13-01", "2026-02-30", "v1", "2026-11-27 ,2026-11-27")) {
            assertError(server.get("/v1/models", "Gufo-Version", wrong), 400, "invalid_value", "Gufo-Version");
        }
    }
}
