package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Guard models in GGUF, of random weights: what they say means nothing, but it is asked and told as of real ones. */
@Timeout(180)
class GuardModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static RunningGufo gufo;

    @BeforeAll
    static void start() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        RandomModel.write(ModelShape.TINY, 1, models.resolve("owl.gguf"));
        RandomModel.write(ModelShape.TINY, 2, models.resolve("tiny-llama-guard-3.gguf"));
        Files.writeString(
                folder.resolve("guard.jinja"),
                "Is this Safe, Unsafe or Controversial? Categories: {% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}");
        Files.writeString(folder.resolve("policy.json"), """
                {"guard": "tiny-llama-guard-3",
                 "policies": {"default": {"output": {"unsafe": {"action": "flag", "threshold": 0.001}}},
                              "strict": {"input": {"unsafe": {"action": "block", "threshold": 0.001}}}}}
                """);
        Files.writeString(folder.resolve("gufo.yaml"), """
                ctx-size: 512
                parallel: 4
                policy: %s
                aliases:
                  qwen-guard:
                    model: tiny-llama-guard-3
                    chat-template: guard.jinja
                """.formatted(folder.resolve("policy.json")));
        gufo = RunningGufo.start(
                folder,
                "--config",
                folder.resolve("gufo.yaml").toString(),
                "--models-dir",
                models.toString(),
                "--model",
                "owl",
                "--model",
                "tiny-llama-guard-3");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private static JsonNode scores(String model, String text) throws Exception {
        String body =
                JSON.createObjectNode().put("model", model).put("input", text).toString();
        return json(gufo.post("/v1/moderations", body)).at("/results/0/category_scores");
    }

    @Test
    void aGuardThatItsNameTellsScoresAllCategoriesAsPartsOfUnsafe() throws Exception {
        JsonNode scores = scores("tiny-llama-guard-3", "When do owls hunt?");
        double unsafe = scores.path("unsafe").asDouble();
        assertThat(unsafe).isStrictlyBetween(0.0, 1.0);
        double parts = StreamSupport.stream(scores.spliterator(), false)
                        .mapToDouble(JsonNode::asDouble)
                        .sum()
                - unsafe;
        assertThat(parts).isCloseTo(unsafe, within(1e-6));
        assertThat(scores("tiny-llama-guard-3", "When do owls hunt?")
                        .path("unsafe")
                        .asDouble())
                .isCloseTo(unsafe, within(1e-3));
    }

    @Test
    void aGuardThatItsTemplateTellsIsAskedInItsOwnForm() throws Exception {
        JsonNode scores = scores("qwen-guard", "When do owls hunt?");
        assertThat(scores.path("unsafe").asDouble()).isPositive();
        assertThat(scores.path("controversial").asDouble()).isPositive();
        assertThat(scores.path("unsafe").asDouble()
                        + scores.path("controversial").asDouble())
                .isLessThan(1);
        assertThat(scores.has("jailbreak")).isTrue();
    }

    @Test
    void aModelThatIsNoGuardIsTold() throws Exception {
        HttpResponse<String> response = gufo.post("/v1/moderations", "{\"model\":\"owl\",\"input\":\"Hello\"}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("model_not_supported");
    }

    @Test
    void anAnswerIsReadByTheGuardAndGoesOn() throws Exception {
        String body =
                "{\"model\":\"owl\",\"max_tokens\":40,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        JsonNode answer = json(gufo.chat(body));
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(gufo.get("/metrics").body())
                .contains("gufo_key_requests_total{key=\"content-policy\"} ")
                .doesNotContain("gufo_content_policy_failures");
    }

    @Test
    void theServerDoesNotStartWithAGuardThatIsNotThere() throws Exception {
        Path policy = Files.writeString(folder.resolve("lost.json"), "{\"guard\":\"lost\",\"policies\":{}}");
        Process process = new ProcessBuilder(RunningGufo.command(
                        java.util.List.of(),
                        Files.createDirectories(folder.resolve("other")),
                        "--models-dir",
                        folder.resolve("models").toString(),
                        "--model",
                        "owl",
                        "--policy",
                        policy.toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(said).contains("the guard model 'lost' is not one that this server can ask");
    }
}
