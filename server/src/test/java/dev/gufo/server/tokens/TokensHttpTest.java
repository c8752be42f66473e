package dev.gufo.server.tokens;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import dev.gufo.store.ModelRole;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts into tokens and back, and counting; the model's tokens are bytes. */
@Timeout(60)
class TokensHttpTest {
    private final ScriptedEngine engine = new ScriptedEngine();
    private final TestServer server = new TestServer(engine);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aTextBecomesTokensOfTheModel() throws Exception {
        JsonNode answer = post("tokenize", "{\"model\":\"scripted\",\"prompt\":\"aé\",\"return_token_strs\":true}");
        assertThat(answer.get("tokens").toString()).isEqualTo("[97,195,169]");
        assertThat(answer.get("count").intValue()).isEqualTo(3);
        assertThat(answer.get("max_model_len").intValue()).isEqualTo(4_096);
        assertThat(answer.at("/token_strs/0").textValue()).isEqualTo("a");
        assertThat(post("tokenize", "{\"content\":\"a\"}").get("token_strs").isNull())
                .isTrue();
    }

    @Test
    void specialTokensAreRecognisedUnlessTheRequestSaysOtherwise() throws Exception {
        post("tokenize", "{\"prompt\":\"<s>\"}");
        assertThat(engine.lastPrompt().segments().getFirst().trusted()).isTrue();
        post("tokenize", "{\"prompt\":\"<s>\",\"parse_special\":false}");
        assertThat(engine.lastPrompt().segments().getFirst().trusted()).isFalse();
    }

    @Test
    void theTokensOfAnEncoderAreThoseThatItsInputsAreComputedAs() throws Exception {
        var info = new EmbeddingInfo(Pooling.MEAN, 6, 20, PairFormat.NONE);
        try (var encoder =
                new TestServer(ScriptedEngine.of(ModelRole.EMBEDDINGS, info).framingInputs())) {
            String text = "{\"prompt\":\"ab\"}";
            assertThat(json(encoder.post("/v1/tokenize", text)).get("tokens").toString())
                    .isEqualTo("[97,98,256]");
            String bare = "{\"prompt\":\"ab\",\"add_special_tokens\":false}";
            assertThat(json(encoder.post("/v1/tokenize", bare)).get("tokens").toString())
                    .isEqualTo("[97,98]");
        }
    }

    @Test
    void tokensBecomeText() throws Exception {
        assertThat(post("detokenize", "{\"tokens\":[97,195,169]}").get("prompt").textValue())
                .isEqualTo("aé");
        assertThat(post("detokenize", "{\"tokens\":[]}").get("prompt").textValue())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"o200k_base,'[13225,11,2375,0]'", "cl100k_base,'[9906,11,1917,0]'"})
    void openAisEncodingsNeedNoModel(String encoding, String tokens) throws Exception {
        engine.status(new EngineStatus.Loading(10));
        JsonNode answer = post("tokenize", "{\"model\":\"" + encoding + "\",\"prompt\":\"Hello, world!\"}");
        assertThat(answer.get("tokens").toString()).isEqualTo(tokens);
        assertThat(answer.get("max_model_len").isNull()).isTrue();
        JsonNode back = post("detokenize", "{\"model\":\"" + encoding + "\",\"tokens\":" + tokens + "}");
        assertThat(back.get("prompt").textValue()).isEqualTo("Hello, world!");
    }

    @Test
    void aChatIsCountedWithItsTemplateAndTools() throws Exception {
        String hello = TestServer.HELLO;
        int plain =
                post("chat/completions/input_tokens", hello).get("input_tokens").intValue();
        server.chat(hello);
        assertThat(engine.started.take().request().prompt()).hasSize(plain);
        int withTools = post(
                        "chat/completions/input_tokens",
                        "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]," + hello.substring(1))
                .get("input_tokens")
                .intValue();
        assertThat(withTools).isGreaterThan(plain);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokenize|{}|400|prompt",
                "tokenize|{\"prompt\":7}|400|prompt",
                "tokenize|{\"prompt\":\"a\",\"model\":\"owl\"}|404|model",
                "detokenize|{}|400|tokens",
                "detokenize|{\"tokens\":[97,257]}|400|tokens[1]",
                "detokenize|{\"tokens\":[1.5]}|400|tokens[0]",
                "detokenize|{\"tokens\":[-1]}|400|tokens[0]",
                "detokenize|{\"tokens\":[9999999],\"model\":\"o200k_base\"}|400|tokens",
                "detokenize|{\"tokens\":[1],\"model\":\"owl\"}|404|model",
                "chat/completions/input_tokens|{}|400|messages",
                "chat/completions/input_tokens|{\"model\":\"owl\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|404|model"
            })
    void whatIsWrongIsNamed(String path, String body, int status, String param) throws Exception {
        var response = server.post("/v1/" + path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(json(response).at("/error/param").textValue()).isEqualTo(param);
    }

    @Test
    void aTextOfMoreTokensThanCanBeHeldIsRefused() throws Exception {
        ServerSettings settings =
                TestServer.settings().with().maxBodyBytes(16 << 20).build();
        try (var large = new TestServer(engine, settings)) {
            HttpResponse<String> most = large.post("/v1/tokenize", prompt(4 << 20, false));
            assertThat(TestServer.json(most).path("tokens")).hasSize(4 << 20);
            for (String body : List.of(prompt((4 << 20) + 1, false), prompt((512 << 10) + 1, true))) {
                HttpResponse<String> refused = large.post("/v1/tokenize", body);
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(TestServer.json(refused).at("/error/param").asText()).isEqualTo("prompt");
            }
        }
    }

    private static String prompt(int characters, boolean strings) {
        return "{\"prompt\":\"%s\",\"return_token_strs\":%s}".formatted("a".repeat(characters), strings);
    }

    @Test
    void aModelThatIsBeingLoadedCantBeAsked() throws Exception {
        engine.status(new EngineStatus.Loading(10));
        assertThat(server.post("/v1/tokenize", "{\"prompt\":\"a\"}").statusCode())
                .isEqualTo(503);
    }

    private JsonNode post(String path, String body) throws Exception {
        var response = server.post("/v1/" + path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
    }
}
