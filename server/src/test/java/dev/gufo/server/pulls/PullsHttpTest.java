package dev.gufo.server.pulls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import com.sun.net.httpserver.HttpServer;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import dev.gufo.store.pull.Pull;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that administrators have downloaded, from a hub of the test's. */
@Timeout(60)
class PullsHttpTest {
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final CountDownLatch sends = new CountDownLatch(1);
    private HttpServer hub;
    private byte[] model;
    private Database database;
    private StoredKeys keys;
    private TestServer server;
    private DocumentedApi api;
    private String admin;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        Path made = folder.resolve("made.gguf");
        RandomModel.write(SMALL, 1, made);
        model = Files.readAllBytes(made);
        Files.delete(made);
        hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        hub.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            boolean list = path.equals("/api/models/maker/owls/tree/main");
            boolean there = list || path.endsWith("barn-Q8_0.gguf");
            byte[] body = list
                    ? "[{\"type\":\"file\",\"path\":\"barn-Q8_0.gguf\",\"size\":%d}]"
                            .formatted(model.length)
                            .getBytes(StandardCharsets.UTF_8)
                    : model;
            exchange.sendResponseHeaders(there ? 200 : 404, there ? body.length : -1);
            if (there) {
                exchange.getResponseBody().write(body, 0, list ? body.length : 1);
                exchange.getResponseBody().flush();
                awaitQuietly(list);
                exchange.getResponseBody().write(body, list ? body.length : 1, list ? 0 : body.length - 1);
            }
            exchange.close();
        });
        hub.start();
        database = Database.open("", Files.createDirectory(folder.resolve("data")));
        var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        admin = store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
        var settings = new Pulls.Settings(
                folder.resolve("models"),
                Pull.Settings.DEFAULT.at(
                        URI.create("http://127.0.0.1:" + hub.getAddress().getPort()), Optional.empty()));
        server = new TestServer(
                TestServer.settings().with().pulls(Optional.of(settings)).build(),
                database,
                keys,
                new TestModel("scripted", new ScriptedEngine()));
        api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
    }

    private void awaitQuietly(boolean list) {
        try {
            if (!list) {
                sends.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        sends.countDown();
        hub.stop(0);
        server.close();
        keys.close();
        database.close();
    }

    @Test
    void aModelIsDownloadedAndItsProgressIsSeen() throws Exception {
        HttpResponse<String> made = send("POST", "/admin/pulls", "{\"source\": \"hf:maker/owls\"}");
        assertThat(made.statusCode()).isEqualTo(202);
        assertThat(api.faults("POST /admin/pulls", made)).isEmpty();
        await().until(() -> "running".equals(first().path("status").asText()));
        await().until(() -> first().path("total_bytes").asLong() == model.length);
        HttpResponse<String> list = send("GET", "/admin/pulls", "");
        assertThat(api.faults("GET /admin/pulls", list)).isEmpty();
        assertThat(JSON.readTree(send("GET", "/admin/status", "").body())
                        .at("/pulls/0/source")
                        .asText())
                .isEqualTo("hf:maker/owls");
        sends.countDown();
        await().until(() -> "done".equals(first().path("status").asText()));
        assertThat(folder.resolve("models/barn-Q8_0.gguf")).hasBinaryContent(model);
        assertThat(first().path("bytes").asLong()).isEqualTo(model.length);
    }

    @Test
    void oneThatRunsIsCancelled() throws Exception {
        String id = JSON.readTree(send("POST", "/admin/pulls", "{\"source\": \"hf:maker/owls\"}")
                        .body())
                .path("id")
                .asText();
        await().until(() -> "running".equals(first().path("status").asText()));
        HttpResponse<String> cancelled = send("DELETE", "/admin/pulls/" + id, "");
        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(api.faults("DELETE /admin/pulls/{id}", cancelled)).isEmpty();
        assertThat(first().path("status").asText()).isEqualTo("cancelled");
        assertThat(folder.resolve("models/barn-Q8_0.gguf")).doesNotExist();
        HttpResponse<String> unknown = send("DELETE", "/admin/pulls/none", "");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(api.faults("DELETE /admin/pulls/{id}", unknown)).isEmpty();
    }

    @Test
    void whatIsNotThereSaysSo() throws Exception {
        send("POST", "/admin/pulls", "{\"source\": \"hf:maker/nothing\"}");
        await().until(() -> "failed".equals(first().path("status").asText()));
        assertThat(first().path("problem").asText()).isNotEmpty();
    }

    @Test
    void onlyRepositoriesOfTheHubAreSources() throws Exception {
        for (String source : new String[] {
            "\"http://127.0.0.1/model.gguf\"",
            "\"https://example.com/model.gguf\"",
            "\"hf:../x\"",
            "\"owls\"",
            "7",
            "null"
        }) {
            HttpResponse<String> refused = send("POST", "/admin/pulls", "{\"source\": %s}".formatted(source));
            assertThat(refused.statusCode()).as(source).isEqualTo(400);
            assertThat(JSON.readTree(refused.body()).at("/error/param").asText())
                    .isEqualTo("source");
        }
        assertThat(send("POST", "/admin/pulls", "{").statusCode()).isEqualTo(400);
        assertThat(server.post("/admin/pulls", "{\"source\": \"hf:maker/owls\"}")
                        .statusCode())
                .isEqualTo(401);
    }

    private JsonNode first() throws IOException, InterruptedException {
        return JSON.readTree(send("GET", "/admin/pulls", "").body()).at("/data/0");
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + admin)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }
}
