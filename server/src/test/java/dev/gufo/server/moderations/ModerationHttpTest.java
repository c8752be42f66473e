package dev.gufo.server.moderations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.moderations.Moderation;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.moderations.ModerationCreateResponse;
import com.openai.models.moderations.ModerationModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.policy.Categories;
import dev.gufo.server.policy.PolicyFiles;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With rules, and with an engine whose template is that of a guard and whose tokens have known probabilities. */
@Timeout(60)
class ModerationHttpTest {
    private static final String PATH = "/v1/moderations";
    private static final String RULES =
            "{'rules':[{'category':'harassment','score':0.8,'words':['darn']},{'category':'political','score':0.4,'words':['election']}]}";
    private static final String LLAMA_GUARD = "<BEGIN UNSAFE CONTENT CATEGORIES>{{ messages[-1].content }}<END>";

    @TempDir
    private Path folder;

    private TestServer withRules() throws Exception {
        return new TestServer(new ScriptedEngine(), PolicyFiles.settings(folder, RULES));
    }

    private static JsonNode json(HttpResponse<String> response) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return TestServer.json(response);
    }

    @Test
    void everyTextGetsAResultWithAllOfOpenAisCategories() throws Exception {
        try (var server = withRules()) {
            JsonNode json = json(server.post(PATH, "{\"input\":[\"Hello\",\"oh darn\",\"an election\"]}"));
            assertThat(json.path("id").asText()).startsWith("modr-");
            assertThat(json.path("model").asText()).isEqualTo("rules");
            assertThat(json.path("results")).hasSize(3);
            List<Boolean> flagged = new ArrayList<>();
            for (JsonNode result : json.path("results")) {
                flagged.add(result.path("flagged").booleanValue());
                for (String category : Categories.OPENAI) {
                    assertThat(result.path("categories").path(category).isBoolean())
                            .isTrue();
                    assertThat(result.path("category_scores").path(category).isNumber())
                            .isTrue();
                    assertThat(result.path("category_applied_input_types")
                                    .path(category)
                                    .isArray())
                            .isTrue();
                }
            }
            assertThat(flagged).containsExactly(false, true, false);
            assertThat(json.at("/results/1/category_scores/harassment").asDouble())
                    .isEqualTo(0.8);
            assertThat(json.at("/results/2/category_scores/political").asDouble())
                    .isEqualTo(0.4);
            assertThat(json.at("/results/0/category_applied_input_types/harassment/0")
                            .asText())
                    .isEqualTo("text");
            assertThat(json.at("/results/0/category_applied_input_types/hate")).isEmpty();
        }
    }

    @Test
    void thePartsOfOneInputGetOneResult() throws Exception {
        try (var server = withRules()) {
            JsonNode json = json(
                    server.post(
                            PATH,
                            "{\"model\":\"omni-moderation-latest\",\"input\":[{\"type\":\"text\",\"text\":\"Hello\"},{\"type\":\"text\",\"text\":\"darn\"}]}"));
            assertThat(json.path("results")).hasSize(1);
            assertThat(json.at("/results/0/flagged").booleanValue()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {}                                                    | 400 | input
            {"input":1}                                           | 400 | input
            {"input":[]}                                          | 400 | input
            {"input":["a",1]}                                     | 400 | input[1]
            {"input":[{"type":"text"}]}                           | 400 | input[0].text
            {"input":[{"type":"text","text":"a"},"b"]}            | 400 | input[1]
            {"input":[{"type":"video","text":"a"}]}               | 400 | input[0].type
            {"input":[{"type":"image_url","image_url":{"url":"x"}}]} | 400 | input[0].type
            {"input":"a","model":1}                               | 400 | model
            {"input":"a","model":"nobody"}                        | 404 | model
            {"input":"a","model":"scripted"}                      | 400 | model
            """)
    void whatIsWrongIsNamed(String body, int status, String param) throws Exception {
        try (var server = withRules()) {
            HttpResponse<String> response = server.post(PATH, body);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
            assertThat(TestServer.json(response).at("/error/param").asText()).isEqualTo(param);
        }
    }

    @Test
    void withoutRulesAndModelsThereIsNoModel() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(server.post(PATH, "{\"input\":\"a\"}").statusCode()).isEqualTo(404);
            assertThat(server.post(PATH, "{\"input\":\"a\",\"model\":\"rules\"}")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    private static TestModel guard(String template) {
        return new TestModel("guard", new ScriptedEngine(2_048, template));
    }

    @Test
    void aGuardModelScoresEveryVerdictBehindOnePrompt() throws Exception {
        var engine = new ScriptedEngine(2_048, LLAMA_GUARD);
        try (var server = new TestServer(TestServer.settings(), new TestModel("guard", engine))) {
            JsonNode json = json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"Hello\"}"));
            assertThat(json.path("model").asText()).isEqualTo("guard");
            double safe = Math.exp(logprob("safe"));
            double all = safe;
            double hate = 0;
            for (int i = 1; i <= 14; i++) {
                double one = Math.exp(logprob("unsafe\nS" + i));
                all += one;
                hate = i == 10 ? one : hate;
            }
            JsonNode scores = json.at("/results/0/category_scores");
            assertThat(scores.path("unsafe").asDouble()).isCloseTo((all - safe) / all, within(1e-6));
            assertThat(scores.path("hate").asDouble()).isCloseTo(hate / all, within(1e-6));
            assertThat(engine.started).hasSize(15);
            int[] prompt = engine.started.peek().request().prompt();
            assertThat(engine.started)
                    .allSatisfy(each -> assertThat(each.request().prompt()).isEqualTo(prompt));
            JsonNode usage = TestServer.json(server.get("/v1/usage"));
            assertThat(usage.at("/total/requests").asInt()).isOne();
            assertThat(usage.at("/total/prompt_tokens").asInt()).isEqualTo(prompt.length);
        }
    }

    private static double logprob(String text) {
        return text.chars().mapToDouble(c -> ScriptedEngine.logprob((byte) c)).sum();
    }

    @Test
    void theFormatFollowsFromTheTemplate() throws Exception {
        try (var server = new TestServer(
                TestServer.settings(),
                guard("Output Safety: Safe, Unsafe or Controversial and Categories:\n{{ messages[-1].content }}"))) {
            JsonNode scores = json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"Hello\"}"))
                    .at("/results/0/category_scores");
            assertThat(scores.has("controversial")).isTrue();
            assertThat(scores.has("jailbreak")).isTrue();
        }
        try (var server = new TestServer(
                TestServer.settings(), guard("Our principle: {{ guideline }}\n{{ messages[-1].content }}"))) {
            JsonNode json = json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"Hello\"}"));
            assertThat(json.at("/results/0/category_applied_input_types/hate/0").asText())
                    .isEqualTo("text");
            double no = Math.exp(logprob("No"));
            double yes = Math.exp(logprob("Yes"));
            assertThat(json.at("/results/0/category_scores/hate").asDouble()).isCloseTo(yes / (yes + no), within(1e-6));
        }
        try (var server = new TestServer(
                TestServer.settings(), guard("{{ guardian_config.risk_name }}: {{ messages[-1].content }} <score>"))) {
            JsonNode scores = json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"Hello\"}"))
                    .at("/results/0/category_scores");
            double no = Math.exp(logprob("no"));
            double yes = Math.exp(logprob("yes"));
            assertThat(scores.path("violence").asDouble()).isCloseTo(yes / (yes + no), within(1e-6));
        }
    }

    @Test
    void aTemplateThatTakesPartsIsGivenParts() throws Exception {
        var engine = new ScriptedEngine(
                2_048,
                "<BEGIN UNSAFE CONTENT CATEGORIES>{% for part in messages[-1].content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}");
        try (var server = new TestServer(TestServer.settings(), new TestModel("guard", engine))) {
            json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"When do owls hunt?\"}"));
            int[] prompt = engine.started.take().request().prompt();
            assertThat(new String(prompt, 0, prompt.length)).endsWith("When do owls hunt?");
        }
        try (var server =
                new TestServer(TestServer.settings(), guard("<BEGIN UNSAFE CONTENT CATEGORIES>always the same"))) {
            HttpResponse<String> response = server.post(PATH, "{\"model\":\"guard\",\"input\":\"When do owls hunt?\"}");
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.body()).contains("leaves the text out");
        }
    }

    @Test
    void aTextThatIsLongerThanTheGuardsContextIsAskedAboutInParts() throws Exception {
        var engine = new ScriptedEngine(256, LLAMA_GUARD);
        try (var server = new TestServer(TestServer.settings(), new TestModel("guard", engine))) {
            json(server.post(PATH, "{\"model\":\"guard\",\"input\":\"%s\"}".formatted("a word ".repeat(100))));
            assertThat(engine.started.size()).isGreaterThan(15).isEqualTo(engine.started.size() / 15 * 15);
            assertThat(engine.started)
                    .allSatisfy(
                            each -> assertThat(each.request().prompt().length).isLessThan(256));
        }
    }

    @Test
    void openAisOwnClientReadsTheAnswer() throws Exception {
        try (var server = withRules()) {
            OpenAIClient client = OpenAIOkHttpClient.builder()
                    .baseUrl(server.uri("/v1").toString())
                    .apiKey("any")
                    .build();
            ModerationCreateResponse response = client.moderations()
                    .create(ModerationCreateParams.builder()
                            .inputOfStrings(List.of("Hello", "oh darn"))
                            .model(ModerationModel.OMNI_MODERATION_LATEST)
                            .build());
            assertThat(response.validate().isValid()).isTrue();
            Moderation second = response.results().get(1);
            assertThat(second.flagged()).isTrue();
            assertThat(second.categories().harassment()).isTrue();
            assertThat(second.categoryScores().harassment()).isEqualTo(0.8);
            assertThat(second.categoryAppliedInputTypes().harassment()).hasSize(1);
            assertThat(response.results().getFirst().flagged()).isFalse();
        }
    }

    /** Whatever is sent, it is answered or refused. */
    @Test
    void noBodyMakesTheServerFail() throws Exception {
        ServerSettings settings = PolicyFiles.settings(folder, RULES);
        var random = new Random(5);
        try (var server = new TestServer(settings, guard(LLAMA_GUARD))) {
            List<String> values = List.of(
                    "null",
                    "true",
                    "0",
                    "-1e400",
                    "\"\"",
                    "\"darn\"",
                    "\"\\ud800\"",
                    "[]",
                    "{}",
                    "[null]",
                    "[[]]",
                    "[{}]",
                    "[\"a\",\"\\u0000\"]",
                    "{\"type\":\"text\"}",
                    "[{\"type\":\"text\",\"text\":\"\\udfff x\"}]",
                    "[{\"type\":[],\"text\":{}}]",
                    "\"guard\"",
                    "\"rules\"",
                    "\"guard@sha256:00000000\"");
            for (int i = 0; i < 300; i++) {
                String body = "{\"input\":%s,\"model\":%s,\"x\":%s}"
                        .formatted(
                                values.get(random.nextInt(values.size())),
                                values.get(random.nextInt(values.size())),
                                values.get(random.nextInt(values.size())));
                String sent = random.nextInt(5) == 0 ? body.substring(0, random.nextInt(body.length())) : body;
                assertThat(server.post(PATH, sent).statusCode()).as(sent).isLessThan(500);
            }
        }
    }
}
