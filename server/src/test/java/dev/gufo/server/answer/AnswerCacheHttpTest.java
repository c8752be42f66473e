package dev.gufo.server.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestModels;
import dev.gufo.server.TestServer;
import dev.gufo.server.models.ServedModels;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.ModelRole;
import dev.gufo.store.ModelWatch;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers that are given again, in front of an engine that counts how often it is asked. */
@Timeout(60)
class AnswerCacheHttpTest {
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
    private static final String CHAT = "/v1/chat/completions";
    private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    private static final String GREEDY = "{\"model\":\"chat\",\"temperature\":0," + HI + "}";

    @TempDir
    private Path folder;

    private final ScriptedEngine engine = new ScriptedEngine();
    private final ScriptedEngine vectors =
            ScriptedEngine.of(ModelRole.EMBEDDINGS, new EmbeddingInfo(Pooling.MEAN, 6, 40, PairFormat.NONE));
    private final TestModels models = new TestModels(new TestModel("chat", engine), new TestModel("vectors", vectors));
    private Optional<ModelWatch> watch = Optional.empty();
    private Optional<TestServer> server = Optional.empty();

    private TestServer start(long bytes) throws Exception {
        RandomModel.write(SMALL, 1, folder.resolve("chat.gguf"));
        RandomModel.write(SMALL, 1, folder.resolve("vectors.gguf"));
        watch = Optional.of(new ModelDirectory(folder).watch(now -> {}));
        var settings = TestServer.settings(List.of("sesame", "poppy"), 413, false, Duration.ofSeconds(1))
                .with()
                .answerCacheBytes(bytes)
                .build();
        server = Optional.of(new TestServer(settings, new ServedModels(models.all(), watch.get()::models)));
        hashed();
        return server.get();
    }

    /** Waits until both files' digests are known: before that nothing is kept. */
    private void hashed() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> StreamSupport.stream(
                                TestServer.json(server.orElseThrow()
                                                .get("/v1/models", "Authorization", "Bearer sesame"))
                                        .path("data")
                                        .spliterator(),
                                false)
                        .allMatch(model -> model.has("digest")));
    }

    @AfterEach
    void stop() {
        server.ifPresent(TestServer::close);
        models.close();
        watch.ifPresent(ModelWatch::close);
    }

    private HttpResponse<String> post(String path, String json, String key) throws Exception {
        TestServer to = server.orElseThrow();
        return to.client.send(
                HttpRequest.newBuilder(to.uri(path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + key)
                        .POST(BodyPublishers.ofString(json))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String json) throws Exception {
        HttpResponse<String> response = post(path, json, "sesame");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static Optional<String> cache(HttpResponse<String> response) {
        return response.headers().firstValue("x-cache");
    }

    @Test
    void theSameRequestGetsTheSameAnswerWithoutTheModel() throws Exception {
        start(1 << 20);
        engine.answeringInTurn("one", "two");
        HttpResponse<String> first = post(CHAT, GREEDY);
        HttpResponse<String> again = post(CHAT, GREEDY);
        assertThat(cache(first)).contains("miss");
        assertThat(cache(again)).contains("hit");
        assertThat(again.body()).isEqualTo(first.body()).contains("one");
        assertThat(again.headers().firstValue("Content-Type"))
                .isEqualTo(first.headers().firstValue("Content-Type"));
        assertThat(again.headers().firstValue("x-model-digest"))
                .isEqualTo(first.headers().firstValue("x-model-digest"));
        assertThat(engine.started).hasSize(1);
    }

    @Test
    void anAnswerThatIsGivenAgainIsCountedAsTheFirst() throws Exception {
        start(1 << 20);
        JsonNode usage = TestServer.json(post(CHAT, GREEDY)).path("usage");
        post(CHAT, GREEDY);
        post(CHAT, GREEDY);
        JsonNode row = TestServer.json(server.orElseThrow().get("/v1/usage", "Authorization", "Bearer sesame"))
                .path("total");
        assertThat(row.path("requests").asInt()).isEqualTo(3);
        assertThat(row.path("completed").asInt()).isEqualTo(3);
        assertThat(row.path("prompt_tokens").asInt())
                .isEqualTo(3 * usage.path("prompt_tokens").asInt());
        assertThat(row.path("completion_tokens").asInt())
                .isEqualTo(3 * usage.path("completion_tokens").asInt());
    }

    @Test
    void onlyWhatTheModelWouldSayAgainIsKept() throws Exception {
        start(1 << 20);
        for (String more : List.of(
                "\"temperature\":1", "\"stream\":true,\"temperature\":0", "\"timings\":true,\"temperature\":0")) {
            for (int i = 0; i < 2; i++) {
                assertThat(cache(post(CHAT, "{" + more + "," + HI + "}")))
                        .as(more)
                        .isEmpty();
            }
        }
        String seeded = "{\"temperature\":1,\"seed\":7," + HI + "}";
        assertThat(cache(post(CHAT, seeded))).contains("miss");
        assertThat(cache(post(CHAT, seeded))).contains("hit");
        assertThat(cache(post(CHAT, seeded.replace("7", "8")))).contains("miss");
        String responses = "{\"input\":\"Hi\",\"temperature\":0}";
        assertThat(TestServer.json(post("/v1/responses", responses)).path("id"))
                .isNotEqualTo(TestServer.json(post("/v1/responses", responses)).path("id"));
    }

    @Test
    void noKeyIsAnsweredWithWhatAnotherOneGot() throws Exception {
        start(1 << 20);
        assertThat(cache(post(CHAT, GREEDY))).contains("miss");
        assertThat(cache(post(CHAT, GREEDY, "poppy"))).contains("miss");
        assertThat(cache(post(CHAT, GREEDY, "poppy"))).contains("hit");
        assertThat(engine.started).hasSize(2);
    }

    @Test
    void whateverTheAnswerDependsOnMakesItAnother() throws Exception {
        start(1 << 20);
        assertThat(cache(post(CHAT, GREEDY))).contains("miss");
        for (String other : List.of(
                GREEDY.replace("Hi", "Ho"),
                GREEDY.replace("0,", "0,\"max_tokens\":2,"),
                GREEDY.replace("0,", "0,\"logprobs\":true,"),
                GREEDY.replace("0,", "0,\"n\":2,"))) {
            assertThat(cache(post(CHAT, other))).as(other).contains("miss");
            assertThat(cache(post(CHAT, other))).as(other).contains("hit");
        }
        assertThat(cache(post("/v1/messages", "{\"temperature\":0,\"max_tokens\":9," + HI + "}")))
                .contains("miss");
    }

    @Test
    void aReplacedModelGivesItsOwnAnswer() throws Exception {
        start(1 << 20);
        assertThat(cache(post(CHAT, GREEDY))).contains("miss");
        Path other = folder.resolve("other.part");
        RandomModel.write(SMALL, 2, other);
        String before = digest();
        Files.move(other, folder.resolve("chat.gguf"), StandardCopyOption.REPLACE_EXISTING);
        await().atMost(Duration.ofSeconds(30)).until(() -> !digest().equals(before));
        hashed();
        assertThat(cache(post(CHAT, GREEDY))).contains("miss");
        assertThat(cache(post(CHAT, GREEDY))).contains("hit");
    }

    private String digest() throws Exception {
        return TestServer.json(server.orElseThrow().get("/v1/models/chat", "Authorization", "Bearer sesame"))
                .path("digest")
                .asText();
    }

    @Test
    void vectorsAndPredictionsAreKeptToo() throws Exception {
        start(1 << 20);
        String input = "{\"model\":\"vectors\",\"input\":[\"owl\",\"wren\"]}";
        HttpResponse<String> first = post("/v1/embeddings", input);
        HttpResponse<String> again = post("/v1/embeddings", input);
        assertThat(List.of(cache(first), cache(again))).containsExactly(Optional.of("miss"), Optional.of("hit"));
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(vectors.embedded).hasSize(1);
        assertThat(cache(post("/v1/embeddings", input.replace("[", "[\"a\",")))).contains("miss");

        String labels = "{\"text\":\"Hi\",\"labels\":[\"a\",\"b\"]}";
        HttpResponse<String> scored = post("/v1/models/chat/predict", labels);
        assertThat(cache(scored)).contains("miss");
        assertThat(post("/v1/models/chat/predict", labels).body()).isEqualTo(scored.body());
        JsonNode row =
                TestServer.json(server.orElseThrow().get("/v1/usage?group_by=model", "Authorization", "Bearer sesame"));
        assertThat(row.at("/data/1/requests").asInt()).isEqualTo(3);
        assertThat(row.at("/data/1/completed").asInt()).isEqualTo(3);
    }

    @Test
    void failuresAndAnswersThatAreTooLargeAreNotKept() throws Exception {
        start(2_048); // so an answer may have 256 bytes
        engine.refusing(new Refusal.QueueFull(3, Duration.ofSeconds(1)));
        assertThat(post(CHAT, GREEDY, "sesame").statusCode()).isEqualTo(503);
        engine.taking();
        for (int i = 0; i < 3; i++) {
            assertThat(cache(post(CHAT, GREEDY))).contains("miss");
        }
        assertThat(engine.started).hasSize(3);
    }

    @Test
    void nothingIsKeptUnlessTheOperatorWantsIt() throws Exception {
        start(0);
        for (int i = 0; i < 2; i++) {
            assertThat(cache(post(CHAT, GREEDY))).isEmpty();
        }
        assertThat(engine.started).hasSize(2);
    }
}
