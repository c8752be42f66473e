package dev.gufo.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With an engine whose tokens are bytes, each with a known probability. */
@Timeout(60)
class PredictHttpTest {
    private static final String PATH = "/v1/models/scripted/predict";

    @Test
    void confidenceIsTheMeanProbabilityOfTheAnswersTokens() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering("no!"))) {
            JsonNode json = json(server.post(PATH, "{\"text\":\"Is it?\",\"max_tokens\":2}"));
            assertThat(json.path("object").asText()).isEqualTo("prediction");
            assertThat(json.path("prediction").asText()).isEqualTo("no");
            assertThat(json.path("finish_reason").asText()).isEqualTo("length");
            assertThat(json.path("confidence").asDouble()).isCloseTo(mean("no"), within(1e-6));
            assertThat(json.path("model").asText()).isEqualTo("scripted");
            assertThat(json.path("latency_ms").asDouble()).isPositive();
            assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(2);
            assertThat(json.has("scores")).isFalse();
        }
    }

    @Test
    void reasoningIsToldAndCountsForNoConfidence() throws Exception {
        var engine = new ScriptedEngine(2_048, "{# <think></think> #}{{ messages[-1].content }}")
                .answering("<think>zzz</think>no");
        try (var server = new TestServer(engine)) {
            JsonNode json = json(server.post(PATH, "{\"text\":\"Is it?\",\"max_tokens\":20}"));
            assertThat(json.path("reasoning_content").asText()).isEqualTo("zzz");
            assertThat(json.path("prediction").asText()).isEqualTo("no");
            assertThat(json.path("confidence").asDouble()).isCloseTo(mean("no"), within(1e-6));
        }
    }

    @Test
    void theLikeliestTokenIsTakenUnlessTheRequestSaysATemperature() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            server.post(PATH, "{\"text\":\"Is it?\"}");
            assertThat(next(engine).sampling().number(SamplingParameter.TEMPERATURE))
                    .isZero();
            server.post(PATH, "{\"text\":\"Is it?\",\"temperature\":0.7}");
            assertThat(next(engine).sampling().number(SamplingParameter.TEMPERATURE))
                    .isEqualTo(0.7f);
        }
    }

    @Test
    void labelsAreScoredBehindOnePromptAndTheirProbabilitiesSumToOne() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            JsonNode json = json(server.post(
                    PATH, "{\"text\":\"Is it?\",\"labels\":[\"zz\",\"aa\",\"a\"],\"instructions\":\"Answer.\"}"));
            double[] logprobs = {sum("zz"), sum("aa"), sum("a")};
            double all = IntStream.range(0, 3)
                    .mapToDouble(i -> Math.exp(logprobs[i]))
                    .sum();
            assertThat(json.path("prediction").asText()).isEqualTo("a");
            for (int i = 0; i < 3; i++) {
                JsonNode score = json.path("scores").path(i);
                assertThat(score.path("label").asText())
                        .isEqualTo(List.of("zz", "aa", "a").get(i));
                assertThat(score.path("logprob").asDouble()).isCloseTo(logprobs[i], within(1e-6));
                assertThat(score.path("probability").asDouble()).isCloseTo(Math.exp(logprobs[i]) / all, within(1e-6));
            }
            assertThat(json.path("confidence")).isEqualTo(json.at("/scores/2/probability"));
            GenerationRequest first = next(engine);
            assertThat(first.forced()).containsExactly('z', 'z');
            assertThat(next(engine).prompt()).isEqualTo(first.prompt());
            // The prompt counts once, and each label with its end.
            assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(first.prompt().length);
            assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(3 + 3 + 2);
        }
    }

    @Test
    void labelsStandWhereTheContentBeginsAndNotWithinReasoning() throws Exception {
        var engine = new ScriptedEngine(2_048, "{# </think> #}{{ messages[-1].content }}<|assistant|><think>\n");
        try (var server = new TestServer(engine)) {
            String labels = ",\"labels\":[\"yes\",\"no\"]}";
            assertThat(server.post(PATH, "{\"text\":\"Is it?\"" + labels).statusCode())
                    .isEqualTo(200);
            assertThat(text(next(engine))).isEqualTo("Is it?<|assistant|><think></think>\n\n");
            engine.started.clear();
            String begun = "{\"messages\":[{\"role\":\"user\",\"content\":\"Is it?\"},"
                    + "{\"role\":\"assistant\",\"content\":\"I say: \"}]";
            assertThat(server.post(PATH, begun + labels).statusCode()).isEqualTo(200);
            assertThat(text(next(engine))).isEqualTo("Is it?<|assistant|><think></think>\n\nI say: ");
        }
    }

    @Test
    void everyTextOfAListGetsAPredictionOfItsOwn() throws Exception {
        var engine = new ScriptedEngine().answering("yes");
        try (var server = new TestServer(engine)) {
            JsonNode one = json(server.post(PATH, "{\"texts\":[\"a\",\"b\",\"c\"]}"));
            assertThat(one.path("object").asText()).isEqualTo("list");
            assertThat(one.path("predictions").findValuesAsText("index")).containsExactly("0", "1", "2");
            assertThat(one.path("predictions").findValuesAsText("prediction")).containsExactly("yes", "yes", "yes");
            JsonNode two = json(server.post(PATH, "{\"texts\":[\"a\",\"b\"],\"labels\":[\"x\",\"y\"]}"));
            assertThat(two.path("predictions").findValuesAsText("prediction")).containsExactly("x", "x");
            assertThat(two.at("/predictions/1/scores")).hasSize(2);
        }
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(64, ""))) {
            assertError(server, "{}", 400, "text");
            assertError(server, "{\"text\":\"a\",\"texts\":[\"b\"]}", 400, "texts");
            assertError(server, "{\"texts\":[]}", 400, "texts");
            assertError(server, "{\"texts\":[\"a\",1]}", 400, "texts[1]");
            assertError(server, "{\"text\":\"a\",\"labels\":[\"x\"]}", 400, "labels");
            assertError(server, "{\"text\":\"a\",\"labels\":[\"x\",\"\"]}", 400, "labels[1]");
            assertError(server, "{\"text\":\"a\",\"labels\":[\"x\",\"y\",\"x\"]}", 400, "labels[2]");
            assertError(
                    server,
                    "{\"text\":\"a\",\"labels\":[\"x\",\"y\"],\"grammar\":\"root ::= \\\"x\\\"\"}",
                    400,
                    "grammar");
            assertError(server, "{\"text\":\"a\",\"stream\":true}", 400, "stream");
            assertError(server, "{\"text\":\"a\",\"n\":2}", 400, "n");
            assertError(server, "{\"text\":\"a\",\"tools\":[]}", 400, "tools");
            assertError(server, "{\"messages\":[],\"instructions\":\"x\"}", 400, "instructions");
            assertError(
                    server, "{\"text\":\"a\",\"labels\":[\"x\",\"%s\"]}".formatted("y".repeat(60)), 413, "labels[1]");
            assertError(server, "{\"texts\":[\"a\",\"%s\"]}".formatted("b".repeat(90)), 413, "texts[1]");
            String many = String.join(
                    "\",\"", IntStream.range(0, 128).mapToObj(Integer::toString).toList());
            assertError(
                    server,
                    "{\"texts\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"],\"labels\":[\"%s\"]}"
                            .formatted(many),
                    400,
                    "labels");
        }
    }

    @Test
    void keysCountAndForbidAsEverywhere() throws Exception {
        var closed = TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1));
        try (var server = new TestServer(new ScriptedEngine(), closed)) {
            assertThat(server.post(PATH, "{\"text\":\"a\"}").statusCode()).isEqualTo(401);
        }
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(server.post("/v1/models/other/predict", "{\"text\":\"a\"}")
                            .statusCode())
                    .isEqualTo(404);
            server.post(PATH, "{\"text\":\"a\",\"labels\":[\"x\",\"yy\"]}");
            JsonNode usage = TestServer.json(server.get("/v1/usage?group_by=endpoint"));
            assertThat(usage.at("/data/0/endpoint").asText()).isEqualTo("/v1/models/{id}/predict");
            assertThat(usage.at("/data/0/completion_tokens").asInt()).isEqualTo(2 + 3);
        }
    }

    private static double mean(String text) {
        return text.chars()
                .mapToDouble(c -> Math.exp(ScriptedEngine.logprob((byte) c)))
                .average()
                .orElseThrow();
    }

    private static double sum(String text) {
        return text.chars().mapToDouble(c -> ScriptedEngine.logprob((byte) c)).sum();
    }

    private static GenerationRequest next(ScriptedEngine engine) throws InterruptedException {
        return engine.started.take().request();
    }

    private static String text(GenerationRequest request) {
        var text = new StringBuilder();
        IntStream.of(request.prompt()).forEach(token -> text.append((char) token));
        return text.toString();
    }

    private static JsonNode json(HttpResponse<String> response) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return TestServer.json(response);
    }

    private static void assertError(TestServer server, String json, int status, String param) throws Exception {
        HttpResponse<String> response = server.post(PATH, json);
        assertThat(response.statusCode()).as(json + response.body()).isEqualTo(status);
        assertThat(TestServer.json(response).at("/error/param").asText())
                .as(json)
                .isEqualTo(param);
    }
}
