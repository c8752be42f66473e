package dev.gufo.server.embeddings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.Embedding;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingModel;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import dev.gufo.server.models.ServedModel;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every rule of the route, with an engine whose tokens are bytes and whose vectors show an input's length and first
 * tokens.
 */
@Timeout(60)
class EmbeddingsHttpTest {
    private static final int DIMENSIONS = 6;
    private static final int WINDOW = 20;

    private final ScriptedEngine engine = ScriptedEngine.of(
            ModelRole.EMBEDDINGS, new EmbeddingInfo(Pooling.MEAN, DIMENSIONS, WINDOW, PairFormat.NONE));
    private final ScriptedEngine chat = new ScriptedEngine();
    private final TestServer server =
            new TestServer(TestServer.settings(), served("chat", chat), served("vectors", engine));

    @AfterEach
    void stop() {
        server.close();
    }

    private static ServedModel served(String id, ScriptedEngine engine) {
        return new ServedModel(id, engine, Optional.empty(), Instant.EPOCH);
    }

    @Test
    void aTextBecomesAVector() throws Exception {
        HttpResponse<String> response = post("{\"model\":\"vectors\",\"input\":\"owl\"}");
        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode json = TestServer.json(response);
        assertThat(json.path("object").asText()).isEqualTo("list");
        assertThat(json.path("model").asText()).isEqualTo("vectors");
        assertThat(json.at("/data/0/object").asText()).isEqualTo("embedding");
        assertThat(json.at("/data/0/index").asInt()).isZero();
        assertThat(numbers(json.at("/data/0/embedding"))).isEqualTo(direction("owl"));
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(3);
    }

    @Test
    void textsAndTokensComeBackInTheirOrder() throws Exception {
        JsonNode texts = TestServer.json(post("{\"model\":\"vectors\",\"input\":[\"a\",\"bb\",\"ccc\"]}"));
        assertThat(numbers(texts.at("/data/2/embedding"))).isEqualTo(direction("ccc"));
        assertThat(texts.at("/data/2/index").asInt()).isEqualTo(2);
        assertThat(texts.at("/usage/total_tokens").asInt()).isEqualTo(6);
        JsonNode one = TestServer.json(post("{\"model\":\"vectors\",\"input\":[98,98]}"));
        assertThat(one.path("data")).hasSize(1);
        assertThat(numbers(one.at("/data/0/embedding"))).isEqualTo(direction("bb"));
        JsonNode several = TestServer.json(post("{\"model\":\"vectors\",\"input\":[[97],[98,98]]}"));
        assertThat(several.path("data")).hasSize(2);
        assertThat(numbers(several.at("/data/1/embedding"))).isEqualTo(direction("bb"));
    }

    @Test
    void allTextsOfARequestAreTokenizedInOneCall() throws Exception {
        assertThat(post("{\"model\":\"vectors\",\"input\":[\"a\",\"bb\",\"ccc\"]}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(engine.tokenizeCalls()).isEqualTo(1);
    }

    @Test
    void base64HoldsTheSameNumbersAsLittleEndianFloats() throws Exception {
        JsonNode json = TestServer.json(
                post("{\"model\":\"vectors\",\"input\":\"owl\",\"encoding_format\":\"base64\",\"user\":\"me\"}"));
        byte[] bytes = Base64.getDecoder().decode(json.at("/data/0/embedding").asText());
        float[] numbers = new float[DIMENSIONS];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        assertThat(numbers).isEqualTo(direction("owl"));
    }

    @Test
    void fewerDimensionsAreTheFirstOnesAtTheLengthOne() throws Exception {
        JsonNode json = TestServer.json(post("{\"model\":\"vectors\",\"input\":\"owl\",\"dimensions\":2}"));
        float[] two = numbers(json.at("/data/0/embedding"));
        float[] all = direction("owl");
        assertThat(two).hasSize(2);
        assertThat(Math.hypot(two[0], two[1])).isCloseTo(1, within(1e-6));
        assertThat(two[0] / two[1]).isCloseTo(all[0] / all[1], within(1e-5f));
    }

    @Test
    void withoutAModelTheFirstThatEmbedsAnswers() throws Exception {
        assertThat(TestServer.json(post("{\"input\":\"owl\"}")).path("model").asText())
                .isEqualTo("vectors");
    }

    @Test
    void anInputLongerThanTheWindowIsNamed() throws Exception {
        String fits = "x".repeat(WINDOW);
        assertError(post("{\"model\":\"vectors\",\"input\":[\"a\",\"b\",\"c\",\"%sx\"]}".formatted(fits)), 413)
                .isEqualTo(
                        "context_length_exceeded input[3] This model's maximum context length is 20 tokens. However, input[3]"
                                + " resulted in 21 tokens.");
        assertThat(post("{\"model\":\"vectors\",\"input\":\"%s\"}".formatted(fits))
                        .statusCode())
                .isEqualTo(200);
        assertThat(engine.embedded).hasSize(1);
    }

    @Test
    void whatTheEngineRefusesIsToldAlike() throws Exception {
        engine.refusing(new Refusal.InputTooLong(1, 30, 20));
        assertError(post("{\"model\":\"vectors\",\"input\":[\"a\",\"b\"]}"), 413)
                .startsWith("context_length_exceeded input[1] ");
        engine.refusing(new Refusal.QueueFull(7, Duration.ofSeconds(2)));
        HttpResponse<String> full = post("{\"model\":\"vectors\",\"input\":[\"a\",\"b\"]}");
        assertError(full, 503).startsWith("queue_full ");
        assertThat(full.headers().firstValue("Retry-After")).hasValue("2");
    }

    @Test
    void whatIsNoInputIsToldWithItsPlace() throws Exception {
        assertInvalid("{\"model\":\"vectors\"}").startsWith("input ");
        assertInvalid("{\"model\":\"vectors\",\"input\":\"\"}").startsWith("input ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[]}").startsWith("input ");
        assertInvalid("{\"model\":\"vectors\",\"input\":7}").startsWith("input ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[\"a\",\"\"]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[\"a\",[1]]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[[1],\"a\"]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[[1],[]]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[1,-1]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[1,1.5]}").startsWith("input[1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[[1],[1,\"x\"]]}").startsWith("input[1][1] ");
        assertInvalid("{\"model\":\"vectors\",\"input\":[[1],[257]]}")
                .isEqualTo("input[1] Token ids of this model are 0 to 256, one is 257.");
        String many = String.join(",", Collections.nCopies(EmbeddingsRequest.MAX_INPUTS + 1, "\"a\""));
        assertInvalid("{\"model\":\"vectors\",\"input\":[" + many + "]}").contains("2048", "2049");
        assertThat(engine.embedded).isEmpty();
    }

    @Test
    void otherFieldsHaveTheirRanges() throws Exception {
        assertInvalid("{\"model\":\"vectors\",\"input\":\"a\",\"encoding_format\":\"hex\"}")
                .startsWith("encoding_format ");
        assertInvalid("{\"model\":\"vectors\",\"input\":\"a\",\"dimensions\":0}")
                .startsWith("dimensions ");
        assertInvalid("{\"model\":\"vectors\",\"input\":\"a\",\"dimensions\":7}")
                .startsWith("dimensions ")
                .contains("1 to 6");
    }

    @Test
    void aModelIsUsedForWhatItIs() throws Exception {
        assertError(post("{\"model\":\"chat\",\"input\":\"a\"}"), 400)
                .startsWith("model_not_supported model The model 'chat' makes no embeddings");
        assertError(server.chat("{\"model\":\"vectors\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"), 400)
                .startsWith("model_not_supported model The model 'vectors' does not chat");
        assertError(post("{\"model\":\"nobody\",\"input\":\"a\"}"), 404).startsWith("model_not_found model ");
    }

    @Test
    void aModelThatIsNotReadyIsNotAsked() throws Exception {
        engine.status(new EngineStatus.Loading(12));
        assertError(post("{\"model\":\"vectors\",\"input\":\"a\"}"), 503).startsWith("model_loading ");
    }

    @Test
    void aClientThatLeavesIsNotComputedFor() throws Exception {
        engine.hold();
        ScriptedEngine.ScriptedVectors vectors;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
            String body = "{\"model\":\"vectors\",\"input\":\"a\"}";
            socket.getOutputStream()
                    .write(("POST /v1/embeddings HTTP/1.1\r\nHost: gufo\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            vectors = engine.embedded.take();
        }
        assertThat(vectors.awaitCancelled()).isTrue();
    }

    @Test
    void modelsTellTheirRoles() throws Exception {
        JsonNode models = TestServer.json(server.get("/v1/models")).path("data");
        assertThat(models.at("/0/roles/0").asText()).isEqualTo("chat");
        assertThat(models.at("/1/roles/0").asText()).isEqualTo("embeddings");
    }

    /** It asks for base64 and decodes that. */
    @Test
    void openAisOwnClientGetsTheNumbers() {
        var client = OpenAIOkHttpClient.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("any")
                .maxRetries(0)
                .build();
        try {
            CreateEmbeddingResponse response = client.embeddings()
                    .create(EmbeddingCreateParams.builder()
                            .model(EmbeddingModel.of("vectors"))
                            .inputOfArrayOfStrings(List.of("owl", "owls"))
                            .build());
            assertThat(response.data()).extracting(Embedding::index).containsExactly(0L, 1L);
            List<Float> second = response.data().get(1).embedding();
            float[] expected = direction("owls");
            for (int i = 0; i < DIMENSIONS; i++) {
                assertThat(second.get(i)).isEqualTo(expected[i]);
            }
            assertThat(response.usage().promptTokens()).isEqualTo(7);
            assertThat(response.validate().isValid()).isTrue();
            var wrong = EmbeddingCreateParams.builder().model("chat").input("a").build();
            assertThatExceptionOfType(BadRequestException.class)
                    .isThrownBy(() -> client.embeddings().create(wrong));
        } finally {
            client.close();
        }
    }

    private static float[] direction(String text) {
        return ScriptedEngine.direction(text.chars().toArray(), DIMENSIONS);
    }

    private static float[] numbers(JsonNode array) {
        float[] numbers = new float[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.get(i).floatValue();
        }
        return numbers;
    }

    private HttpResponse<String> post(String json) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }

    private AbstractStringAssert<?> assertInvalid(String json) throws Exception {
        HttpResponse<String> response = post(json);
        assertThat(response.statusCode()).isEqualTo(400);
        JsonNode error = TestServer.json(response).path("error");
        return assertThat(
                error.path("param").asText() + " " + error.path("message").asText());
    }

    private static AbstractStringAssert<?> assertError(HttpResponse<String> response, int status) throws IOException {
        assertThat(response.statusCode()).isEqualTo(status);
        JsonNode error = TestServer.json(response).path("error");
        return assertThat("%s %s %s"
                .formatted(
                        error.path("code").asText(),
                        error.path("param").asText(),
                        error.path("message").asText()));
    }
}
