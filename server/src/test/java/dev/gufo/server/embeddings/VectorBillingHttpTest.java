package dev.gufo.server.embeddings;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.store.ModelRole;
import io.github.bucket4j.TimeMeter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What embeddings and reranking cost: the inputs that were computed, however the request ends. Tokens are bytes. */
@Timeout(60)
class VectorBillingHttpTest {
    private static final String INPUTS = "{\"model\":\"vectors\",\"input\":[\"aa\",\"bbb\",\"cccc\"]}";
    private static final String DOCUMENTS =
            "{\"model\":\"ranks\",\"query\":\"q\",\"documents\":[\"a\",\"bb\",\"ccc\"]}";
    private static final long BUDGET = 20;

    private final ScriptedEngine vectors =
            ScriptedEngine.of(ModelRole.EMBEDDINGS, new EmbeddingInfo(Pooling.MEAN, 6, 20, PairFormat.NONE));
    private final ScriptedEngine ranks =
            ScriptedEngine.of(ModelRole.RERANK, new EmbeddingInfo(Pooling.RANK, 1, 20, PairFormat.NONE));

    @TempDir
    private Path folder;

    private Database database;
    private KeyLimits limits;
    private StoredKeys keys;
    private TestServer server;

    @BeforeEach
    void start() {
        database = Database.open("", folder);
        limits = KeyLimits.open(
                new Limits(Map.of(Limit.TOKENS_PER_MONTH, BUDGET)),
                "",
                database,
                InstantSource.system(),
                TimeMeter.SYSTEM_NANOTIME);
        keys = new StoredKeys(
                new KeyStore(database, InstantSource.system(), new SecureRandom()),
                InstantSource.system(),
                Ticker.systemTicker());
        server = new TestServer(
                TestServer.settings(),
                new Storage(database, keys, limits),
                new TestModel("vectors", vectors),
                new TestModel("ranks", ranks));
    }

    @AfterEach
    void stop() {
        server.close();
        limits.close();
        keys.close();
        database.close();
    }

    @Test
    void aClientThatLeavesPaysForTheInputsThatWereComputed() throws Exception {
        vectors.hold();
        ScriptedEngine.ScriptedVectors work;
        try (Socket _ = send("/v1/embeddings", INPUTS)) {
            work = vectors.embedded.take();
            work.compute(2);
        }
        assertThat(work.awaitCancelled()).isTrue();
        assertUsed(5);
        assertThat(metric("gufo_prompt_tokens_total{model_name=\"vectors\"} ")).isEqualTo("5.0");
        assertThat(metric("gufo_request_success_total{finished_reason=\"abort\",model_name=\"vectors\"} "))
                .isEqualTo("1.0");
    }

    @Test
    void aClientThatLeavesBeforeAnythingWasComputedPaysNothing() throws Exception {
        ranks.hold();
        ScriptedEngine.ScriptedVectors work;
        try (Socket _ = send("/v1/rerank", DOCUMENTS)) {
            work = ranks.embedded.take();
        }
        assertThat(work.awaitCancelled()).isTrue();
        assertUsed(0);
    }

    @Test
    void anEngineThatDiesCostsWhatItComputedAndLeavesTheBudget() throws Exception {
        vectors.hold();
        var answer = server.client.sendAsync(
                HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(INPUTS))
                        .build(),
                BodyHandlers.ofString());
        ScriptedEngine.ScriptedVectors work = vectors.embedded.take();
        work.compute(1);
        work.fail(new EngineException.Broken("the worker has died"));
        assertThat(answer.join().statusCode()).isGreaterThanOrEqualTo(500);
        assertUsed(2);
        String seventeen = "{\"model\":\"ranks\",\"query\":\"q\",\"documents\":[\"%s\"]}".formatted("x".repeat(17));
        assertThat(server.post("/v1/rerank", seventeen).statusCode())
                .as("18 of the month's 20 tokens are left")
                .isEqualTo(200);
        assertThat(server.post("/v1/rerank", seventeen).statusCode()).isEqualTo(429);
    }

    @Test
    void whatIsComputedIsCountedAndHasAReason() throws Exception {
        assertThat(server.post("/v1/embeddings", INPUTS).statusCode()).isEqualTo(200);
        assertThat(server.post("/v1/rerank", DOCUMENTS).statusCode()).isEqualTo(200);
        assertUsed(9 + 9);
        for (String model : new String[] {"vectors", "ranks"}) {
            assertThat(metric("gufo_prompt_tokens_total{model_name=\"" + model + "\"} "))
                    .isEqualTo("9.0");
            assertThat(metric("gufo_request_success_total{finished_reason=\"stop\",model_name=\"" + model + "\"} "))
                    .isEqualTo("1.0");
            assertThat(metric("gufo_request_prompt_tokens_count{model_name=\"" + model + "\"} "))
                    .isEqualTo("1");
            assertThat(metric("gufo_prefix_cache_queries_total{model_name=\"" + model + "\"} "))
                    .isEqualTo("0.0");
        }
    }

    private void assertUsed(int tokens) {
        await().untilAsserted(() -> {
            JsonNode total = json(server.get("/v1/usage?since=1h")).path("total");
            assertThat(total.path("requests").asInt()).isPositive();
            assertThat(total.path("open").asInt()).isZero();
            assertThat(total.path("prompt_tokens").asInt()).isEqualTo(tokens);
        });
    }

    private String metric(String name) throws IOException, InterruptedException {
        return server.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()))
                .findFirst()
                .orElse("none");
    }

    private Socket send(String path, String json) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port());
        String head = "POST " + path + " HTTP/1.1\r\nHost: gufo\r\nContent-Type: application/json\r\nContent-Length: "
                + json.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + json).getBytes(StandardCharsets.UTF_8));
        return socket;
    }
}
