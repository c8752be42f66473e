package dev.gufo.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether real answers are as the document says, and whether the server takes what the document offers. */
@Timeout(120)
class DocumentedResponsesTest {
    private static final String CHAT = "POST /v1/chat/completions";
    private static final String MESSAGES = "POST /v1/messages";
    private static final String COMPLETIONS = "POST /v1/completions";
    private static final List<String> POSTS = List.of(
            CHAT,
            "POST /v1/chat/completions/input_tokens",
            "POST /v1/responses",
            "POST /v1/responses/input_tokens",
            "POST /v1/responses/compact",
            COMPLETIONS,
            MESSAGES,
            "POST /v1/messages/count_tokens",
            "POST /v1/embeddings",
            "POST /v1/rerank",
            "POST /v1/tokenize",
            "POST /v1/detokenize");
    /** ChatML, whose author says that the model reasons. */
    private static final String THINKING = """
            {# <think> #}{% for message in messages %}<|im_start|>{{ message.role }}
            {{ message.content }}<|im_end|>
            {% endfor %}<|im_start|>assistant
            """;

    private static final String SAY_HI = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    private static final String TOOL =
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\",\"parameters\":"
                    + "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}}}]";

    private final ScriptedEngine chat = new ScriptedEngine(2_048, THINKING);
    private final TestServer server = new TestServer(
            TestServer.settings(),
            served("chat", chat),
            served(
                    "vectors",
                    ScriptedEngine.of(ModelRole.EMBEDDINGS, new EmbeddingInfo(Pooling.MEAN, 6, 40, PairFormat.NONE))),
            served(
                    "ranks",
                    ScriptedEngine.of(ModelRole.RERANK, new EmbeddingInfo(Pooling.RANK, 1, 100, PairFormat.NONE))));
    private final DocumentedApi api;

    DocumentedResponsesTest() throws Exception {
        api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
    }

    private static TestModel served(String id, ScriptedEngine engine) {
        return new TestModel(id, engine);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void everyExampleIsValidAndTaken() throws Exception {
        int examples = 0;
        for (String operation : POSTS) {
            for (Map.Entry<String, JsonNode> example : api.operation(operation)
                    .at("/requestBody/content/application~1json/examples")
                    .properties()) {
                JsonNode body = example.getValue().path("value");
                assertThat(api.requestFaults(operation, body))
                        .as(example.getKey())
                        .isEmpty();
                assertAnswers(operation, body.toString(), 200);
                examples++;
            }
        }
        assertThat(examples).isGreaterThan(15);
    }

    @Test
    void answersOfEveryKindAreAsDocumented() throws Exception {
        String stream = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
        chat.answering("<think>Hm.</think>Hello");
        for (String more : List.of("", ",\"logprobs\":true,\"top_logprobs\":2", ",\"n\":2,\"max_tokens\":3")) {
            assertAnswers(CHAT, "{" + SAY_HI + more + "}", 200);
            assertAnswers(CHAT, "{" + SAY_HI + more + stream + "}", 200);
        }
        chat.answering("Well. <tool_call>{\"name\":\"add\",\"arguments\":{\"a\":1}}</tool_call>");
        assertThat(assertAnswers(CHAT, "{" + SAY_HI + TOOL + "}", 200)).contains("\"finish_reason\":\"tool_calls\"");
        assertThat(assertAnswers(CHAT, "{" + SAY_HI + TOOL + stream + "}", 200)).contains("\"tool_calls\":[");
        for (String more :
                List.of("", ",\"echo\":true,\"logprobs\":1", ",\"n\":2", ",\"echo\":true,\"max_tokens\":0")) {
            assertAnswers(COMPLETIONS, "{\"prompt\":\"Hi\"" + more + "}", 200);
            assertAnswers(COMPLETIONS, "{\"prompt\":\"Hi\"" + more + stream + "}", 200);
        }
        String marked = ",\"max_tokens\":60,\"tools\":[{\"name\":\"add\",\"input_schema\":{\"type\":\"object\"}}],"
                + "\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]}}";
        for (String reply : List.of(
                "Well. <tool_call>{\"name\":\"add\",\"arguments\":{\"a\":1}}</tool_call>", "<think>Hm.</think>Hello")) {
            chat.answering(reply);
            assertAnswers(MESSAGES, "{" + SAY_HI + marked, 200);
            assertAnswers(MESSAGES, "{\"stream\":true," + SAY_HI + marked, 200);
        }
        String timed = "\"timings\":true";
        assertThat(assertAnswers(MESSAGES, "{" + timed + ",\"max_tokens\":60," + SAY_HI + "}", 200))
                .contains("\"cache_stop\"");
        assertThat(assertAnswers("POST /v1/responses/compact", "{\"input\":\"Hi\"," + timed + "}", 200))
                .contains("\"cache_stop\"");
        chat.answering("<think>Hm.</think>Well. <tool_call>{\"name\":\"add\",\"arguments\":{\"a\":1}}</tool_call>");
        String responses = "POST /v1/responses";
        String more =
                ",\"include\":[\"reasoning.encrypted_content\"],\"top_logprobs\":1,\"tools\":[{\"type\":\"function\",\"name\":\"add\"}]";
        assertThat(assertAnswers(responses, "{\"input\":\"Hi\"" + more + "}", 200))
                .contains("function_call");
        assertThat(assertAnswers(responses, "{\"input\":\"Hi\",\"stream\":true," + timed + more + "}", 200))
                .contains("response.completed")
                .contains("\"cache_stop\"");
        for (String path : List.of("/v1/models", "/health", "/ready", "/metrics", "/docs")) {
            assertAsDocumented("GET " + path, server.get(path), 200);
        }
        assertAsDocumented("GET /v1/models/{id}", server.get("/v1/models/ranks"), 200);
    }

    @Test
    void predictionsAreAsDocumented() throws Exception {
        String predict = "POST /v1/models/{id}/predict";
        chat.answering("<think>Hm.</think>Hello");
        for (JsonNode example : api.operation(predict).at("/requestBody/content/application~1json/examples")) {
            JsonNode body = example.path("value");
            assertThat(api.requestFaults(predict, body)).isEmpty();
            assertAsDocumented(predict, server.post("/v1/models/chat/predict", body.toString()), 200);
        }
        String timed = "{\"text\":\"Hi\",\"timings\":true}";
        assertAsDocumented(predict, server.post("/v1/models/chat/predict", timed), 200);
        assertAsDocumented(predict, server.post("/v1/models/none/predict", timed), 404);
        assertAsDocumented(predict, server.post("/v1/models/vectors/predict", timed), 400);
        for (String wrong : List.of("{}", "{\"text\":7}", "{\"text\":\"Hi\",\"labels\":[\"a\"]}", "{\"texts\":[]}")) {
            assertThat(api.requestFaults(predict, DocumentedApi.parsed(wrong)))
                    .as(wrong)
                    .isNotEmpty();
            assertAsDocumented(predict, server.post("/v1/models/chat/predict", wrong), 400);
        }
    }

    @Test
    void errorsAreAsDocumented() throws Exception {
        assertAsDocumented("GET /v1/models/{id}", server.get("/v1/models/none"), 404);
        for (String operation : POSTS) {
            assertAnswers(operation, "{\"model\":7}", 400);
            assertAnswers(operation, "[]", 400);
            assertAnswers(operation, "{\"x\":\"" + "x".repeat(70_000) + "\"}", 413);
            assertAsDocumented(operation, post(operation, "{}", "text/plain"), 415);
            ObjectNode example = example(operation).deepCopy();
            assertAnswers(operation, example.put("model", "none").toString(), 404);
        }
        assertAnswers(
                CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted("x".repeat(2_100)), 413);
        assertAnswers("POST /v1/embeddings", "{\"input\":\"%s\"}".formatted("x".repeat(41)), 413);
        assertAnswers(
                MESSAGES,
                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted("x".repeat(2_100)),
                400);
        assertAnswers(CHAT, "{\"model\":\"vectors\"," + SAY_HI + "}", 400);
        chat.refusing(new Refusal.QueueFull(3, Duration.ofSeconds(2)));
        assertAnswers(CHAT, "{" + SAY_HI + "}", 503);
        assertAnswers(CHAT, "{" + SAY_HI + ",\"stream\":true}", 503);
        assertAnswers(MESSAGES, "{" + SAY_HI + ",\"max_tokens\":1,\"stream\":true}", 529);
        chat.failing(new IllegalStateException("as the test wants"));
        assertAnswers(CHAT, "{" + SAY_HI + "}", 500);
    }

    @Test
    void modelsThatAreNotThereYetAreToldAsDocumented() throws Exception {
        var loading = new ScriptedEngine().status(new EngineStatus.Loading(5));
        ServerSettings refusingAtOnce =
                TestServer.settings().with().loadWait(Duration.ZERO).build();
        try (var other = new TestServer(loading, refusingAtOnce)) {
            for (String operation : List.of(CHAT, COMPLETIONS)) {
                HttpResponse<String> response =
                        post(other, operation, example(operation).toString(), "application/json");
                assertThat(response.headers().firstValue("Retry-After")).isPresent();
                assertAsDocumented(operation, response, 503);
            }
            assertAsDocumented("GET /ready", other.get("/ready"), 503);
            assertAsDocumented("GET /v1/models", other.get("/v1/models"), 200);
        }
    }

    @Test
    void wrongKeysAreToldAsDocumented() throws Exception {
        try (var closed = new TestServer(
                new ScriptedEngine(), TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1)))) {
            for (String operation : api.operations()) {
                boolean open = api.operation(operation).at("/security/0").isEmpty()
                        && api.operation(operation).has("security");
                if (operation.startsWith("GET /v1")
                        || operation.startsWith("POST /v1")
                        || operation.equals("GET /metrics")) {
                    assertThat(open).isFalse();
                }
            }
            assertAsDocumented("GET /v1/models", closed.get("/v1/models"), 401);
            assertAsDocumented(CHAT, post(closed, CHAT, "{}", "application/json"), 401);
            HttpResponse<String> response = closed.get("/v1/models", "Authorization", "Bearer wrong");
            for (int i = 0; i < 30 && response.statusCode() == 401; i++) {
                response = closed.get("/v1/models", "Authorization", "Bearer wrong");
            }
            assertAsDocumented("GET /v1/models", response, 429);
        }
    }

    @Test
    void rangesAreThoseOfTheServer() throws Exception {
        JsonNode properties = api.resolved(api.requestSchema(CHAT)).path("properties");
        int checked = 0;
        for (Map.Entry<String, JsonNode> property : properties.properties()) {
            for (String bound : List.of("minimum", "maximum")) {
                JsonNode schema = property.getValue();
                if (schema.has(bound)) {
                    double limit = schema.get(bound).asDouble();
                    assertAnswers(CHAT, with(property.getKey(), schema, limit), 200);
                    String beyond = with(property.getKey(), schema, bound.equals("minimum") ? limit - 1 : limit + 1);
                    assertThat(api.requestFaults(CHAT, DocumentedApi.parsed(beyond)))
                            .isNotEmpty();
                    assertThat(assertAnswers(CHAT, beyond, 400)).contains("\"param\":\"" + property.getKey() + "\"");
                    checked++;
                }
            }
        }
        assertThat(checked).isGreaterThan(35);
    }

    private static String with(String name, JsonNode schema, double value) {
        boolean whole = schema.path("type").toString().contains("integer");
        String number = whole ? Long.toString((long) value) : Double.toString(value);
        String answers = name.equals("n") ? "" : ",\"n\":1";
        return "{%s,\"max_tokens\":2,\"logprobs\":true%s,\"%s\":%s}"
                .formatted(SAY_HI, answers, name, number)
                .replace(name.equals("max_tokens") ? "\"max_tokens\":2," : "\u0000", "");
    }

    @Test
    void whatTheServerRefusesIsInvalidInTheDocumentToo() {
        List<String> wrong = new ArrayList<>(List.of(
                "\"messages\":[]",
                "\"messages\":[{\"role\":\"nobody\",\"content\":\"Hi\"}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]"));
        for (String field : List.of(
                "\"stop\":[\"\"]",
                "\"stop\":7",
                "\"tools\":[{\"type\":\"web_search\"}]",
                "\"tool_choice\":\"maybe\"",
                "\"response_format\":{\"type\":\"poem\"}",
                "\"response_format\":{\"type\":\"json_schema\"}",
                "\"reasoning_effort\":\"wild\"",
                "\"logit_bias\":{\"x\":1}",
                "\"logit_bias\":{\"1\":101}",
                "\"modalities\":[\"audio\"]",
                "\"chat_template_kwargs\":{\"messages\":1}",
                "\"stream\":1",
                "\"seed\":0.5")) {
            wrong.add(SAY_HI + "," + field);
        }
        for (String request : wrong) {
            String body = "{" + request + "}";
            assertThat(api.requestFaults(CHAT, DocumentedApi.parsed(body)))
                    .as(body)
                    .isNotEmpty();
            assertThat(assertAnswersUnchecked(body)).as(body).isEqualTo(400);
        }
    }

    private int assertAnswersUnchecked(String body) {
        try {
            return post(CHAT, body, "application/json").statusCode();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode example(String operation) {
        return api.operation(operation)
                .at("/requestBody/content/application~1json/examples")
                .elements()
                .next()
                .path("value");
    }

    private String assertAnswers(String operation, String body, int status) throws IOException, InterruptedException {
        HttpResponse<String> response = post(operation, body, "application/json");
        assertThat(response.statusCode())
                .as("%s %s: %s", operation, body, response.body())
                .isEqualTo(status);
        assertThat(api.faults(operation, response)).isEmpty();
        return response.body();
    }

    private void assertAsDocumented(String operation, HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(api.faults(operation, response)).isEmpty();
    }

    private HttpResponse<String> post(String operation, String body, String type)
            throws IOException, InterruptedException {
        return post(server, operation, body, type);
    }

    private static HttpResponse<String> post(TestServer server, String operation, String body, String type)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(operation.split(" ", 2)[1]))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString(body))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }
}
