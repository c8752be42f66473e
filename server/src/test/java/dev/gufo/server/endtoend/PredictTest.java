package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Predictions of the demo model, held against what chat and completions say of the same tokens. */
@Timeout(180)
class PredictTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String QUESTION = "What is the capital of France?";

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    @BeforeAll
    static void start() throws IOException {
        gufo = RunningGufo.start(dataDir, "--parallel", "4");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    private static JsonNode post(String path, ObjectNode body) throws IOException, InterruptedException {
        HttpResponse<String> response = gufo.post(path, body.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private static JsonNode predict(ObjectNode body) throws IOException, InterruptedException {
        return post("/v1/models/demo-chat/predict", body);
    }

    private static ObjectNode question() {
        return JSON.createObjectNode().put("text", QUESTION);
    }

    private static ObjectNode labelled(List<String> labels) {
        ObjectNode body = question();
        labels.forEach(body.putArray("labels")::add);
        return body;
    }

    private static DoubleStream numbers(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToDouble(each -> each.path(field).asDouble());
    }

    @Test
    void confidenceIsTheMeanOfTheProbabilitiesThatChatTells() throws Exception {
        ObjectNode chat = JSON.createObjectNode()
                .put("max_tokens", 3)
                .put("temperature", 0)
                .put("logprobs", true);
        chat.putArray("messages").addObject().put("role", "user").put("content", QUESTION);
        JsonNode said = post("/v1/chat/completions", chat);
        JsonNode predicted = predict(question().put("max_tokens", 3));
        assertThat(predicted.path("prediction").asText())
                .isEqualTo(said.at("/choices/0/message/content").asText())
                .isNotEmpty();
        assertThat(predicted.path("confidence").asDouble())
                .isCloseTo(
                        numbers(said.at("/choices/0/logprobs/content"), "logprob")
                                .map(Math::exp)
                                .average()
                                .orElseThrow(),
                        within(0.01));
        assertThat(predicted.at("/usage/prompt_tokens")).isEqualTo(said.at("/usage/prompt_tokens"));
    }

    @Test
    void whatTheModelSaysIsTheLikeliestLabelAndABeginningOfItIsAnother() throws Exception {
        String answer =
                predict(question().put("max_tokens", 60)).path("prediction").asText();
        List<String> labels = List.of("Owls.", answer, answer.substring(0, answer.length() / 2), answer + " Really.");
        JsonNode predicted = predict(labelled(labels));
        assertThat(predicted.path("prediction").asText()).isEqualTo(answer);
        assertThat(predicted.path("confidence").asDouble()).isGreaterThan(0.5);
        assertThat(numbers(predicted.path("scores"), "probability").sum()).isCloseTo(1, within(1e-9));
        double best = predicted.at("/scores/1/logprob").asDouble();
        assertThat(numbers(predicted.path("scores"), "probability").toArray())
                .usingComparatorWithPrecision(1e-9)
                .containsExactly(numbers(predicted.path("scores"), "logprob")
                        .map(logprob -> Math.exp(logprob - best)
                                / numbers(predicted.path("scores"), "logprob")
                                        .map(other -> Math.exp(other - best))
                                        .sum())
                        .toArray());
    }

    @Test
    void aLabelIsScoredTheSameWhateverStandsBesideIt() throws Exception {
        JsonNode predicted = predict(labelled(List.of("Paris", "Par", "zq 17")));
        for (JsonNode score : predicted.path("scores")) {
            assertThat(score.path("logprob").asDouble()).isNegative();
        }
        JsonNode others = predict(labelled(List.of("zq 17", "no", "yes", "Paris")));
        assertThat(others.at("/scores/3/logprob").asDouble())
                .isCloseTo(predicted.at("/scores/0/logprob").asDouble(), within(0.05));
        assertThat(others.at("/scores/0/logprob").asDouble())
                .isCloseTo(predicted.at("/scores/2/logprob").asDouble(), within(0.1));
    }

    @Test
    void theDigestOfTheFileIsToldAndNamesTheModel() throws Exception {
        byte[] file = Files.readAllBytes(Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"));
        String digest = "sha256:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        HttpResponse<String> pinned = gufo.post(
                "/v1/models/demo-chat@" + digest + "/predict", question().toString());
        assertThat(pinned.headers().firstValue("x-model-digest")).contains(digest);
        assertThat(JSON.readTree(pinned.body()).path("digest").asText()).isEqualTo(digest);
        assertThat(gufo.post(
                                "/v1/models/demo-chat@sha256:00000000/predict",
                                question().toString())
                        .statusCode())
                .isEqualTo(404);
        assertThat(Files.readString(dataDir.resolve("gufo-digests"))).contains(digest.substring(7));
    }

    @Test
    void aListIsAnsweredAsItsTextsAre() throws Exception {
        ObjectNode list = labelled(List.of("yes", "no", "perhaps"));
        list.remove("text");
        ArrayNode texts = list.putArray("texts");
        List<String> all = List.of("Is the sun hot?", QUESTION, "Is ice hot?", "", "Grüße 🦉");
        all.forEach(texts::add);
        JsonNode together = predict(list);
        for (int i = 0; i < all.size(); i++) {
            JsonNode alone = predict(labelled(List.of("yes", "no", "perhaps")).put("text", all.get(i)));
            JsonNode one = together.path("predictions").path(i);
            assertThat(one.path("index").asInt()).isEqualTo(i);
            for (int label = 0; label < 3; label++) {
                assertThat(one.path("scores").path(label).path("logprob").asDouble())
                        .isCloseTo(
                                alone.path("scores").path(label).path("logprob").asDouble(), within(0.1));
            }
        }
    }

    @Test
    void theLabelsOfALongTextShareItsPrompt() throws Exception {
        ObjectNode body = labelled(List.of("yes", "no", "perhaps", "never", "always", "now"));
        body.put("text", "The owl is awake. ".repeat(40) + "Is it?").put("timings", true);
        JsonNode predicted = predict(body);
        JsonNode usage = predicted.path("usage");
        // Counted once, whatever each label's sequence found of it.
        assertThat(usage.path("prompt_tokens").asInt()).isBetween(100, 500);
        JsonNode row = JSON.readTree(gufo.get("/v1/usage?group_by=endpoint").body());
        assertThat(row.path("data").findValuesAsText("endpoint")).contains("/v1/models/{id}/predict");
    }
}
