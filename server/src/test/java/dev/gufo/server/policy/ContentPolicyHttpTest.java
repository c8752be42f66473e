package dev.gufo.server.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.TestStorage;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import dev.gufo.store.ModelRole;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With an engine that says what the test wants, and rules that know three words. */
@Timeout(60)
class ContentPolicyHttpTest {
    private static final String RULES =
            "'rules':[{'category':'harassment','score':0.8,'words':['darn']},{'category':'privacy','words':['secret']},"
                    + "{'category':'political','words':['election']}],'window':64,";
    private static final String POLICY = "{" + RULES
            + "'policies':{'default':{'input':{'harassment':'block','political':'flag'},"
            + "'output':{'privacy':'block','political':'flag'}},"
            + "'strict':{'input':{'political':'block'}}}}";
    private static final String LONG = "This is a long harmless text that goes on and on. ".repeat(20);

    @TempDir
    private Path folder;

    @TempDir
    private Path data;

    private ServerSettings settings() throws Exception {
        return PolicyFiles.settings(folder, POLICY);
    }

    private TestServer server(String answer) throws Exception {
        return new TestServer(new ScriptedEngine().answering(answer), settings());
    }

    private static String chat(String text) {
        return "{\"messages\":[{\"role\":\"system\",\"content\":\"Be kind.\"},{\"role\":\"user\",\"content\":\"%s\"}]}"
                .formatted(text);
    }

    @Test
    void contentThatIsNotAllowedIsRefusedBeforeAnythingIsDoneForIt() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine, settings())) {
            HttpResponse<String> response = server.chat(chat("Oh DARN it, friend"));
            assertThat(response.statusCode()).isEqualTo(422);
            JsonNode error = TestServer.json(response).path("error");
            assertThat(error.path("code").asText()).isEqualTo("content_policy_violation");
            assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
            assertThat(error.path("param").asText()).isEqualTo("messages[1]");
            assertThat(error.at("/details/categories/0").asText()).isEqualTo("harassment");
            assertThat(error.at("/details/category_scores/harassment").asDouble())
                    .isEqualTo(0.8);
            assertThat(response.body()).doesNotContainIgnoringCase("darn").doesNotContain("friend");
            assertThat(engine.started).isEmpty();
            assertThat(engine.tokenizeCalls()).isZero();
            JsonNode used = TestServer.json(server.get("/v1/usage")).path("total");
            assertThat(used.path("requests").asInt()).isOne();
            assertThat(used.path("prompt_tokens").asInt()).isZero();
            assertThat(server.chat(chat("Hello")).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /v1/chat/completions | {"messages":[{"role":"user","content":[{"type":"text","text":"darn"}]}]} | messages[0]
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"darn"}]} | messages[1]
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","description":"darn"}}]} | tools
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\\"x\\":\\"darn\\"}"}}]},{"role":"tool","tool_call_id":"1","content":"b"}]} | messages[1]
            /v1/completions      | {"prompt":"oh darn"} | prompt
            /v1/completions      | {"prompt":[100,97,114,110]} | prompt
            /v1/responses        | {"input":"darn"} | input
            /v1/responses        | {"input":"a","instructions":"darn"} | instructions
            /v1/models/scripted/predict | {"text":"darn"} | text
            /v1/models/scripted/predict | {"text":"a","instructions":"darn"} | instructions
            /v1/models/scripted/predict | {"texts":["a","darn"]} | texts[1]
            /v1/models/scripted/predict | {"text":"a","labels":["b","darn"]} | labels[1]
            /v1/completions      | {"prompt":["a","darn"]} | prompt
            /v1/embeddings       | {"input":"darn"} | input[0]
            /v1/embeddings       | {"input":["a","darn"]} | input[1]
            /v1/embeddings       | {"input":[[97],[100,97,114,110]]} | input[1]
            /v1/rerank           | {"query":"darn","documents":["a"]} | query
            /v1/rerank           | {"query":"a","documents":["a",{"text":"darn"}]} | documents[1]
            """)
    void everyWayInIsChecked(String path, String body, String param) throws Exception {
        try (var server = new TestServer(
                settings(),
                new TestModel("scripted", new ScriptedEngine()),
                new TestModel("vectors", vectors(ModelRole.EMBEDDINGS, Pooling.MEAN, 6)),
                new TestModel("ranks", vectors(ModelRole.RERANK, Pooling.RANK, 1)))) {
            HttpResponse<String> response = server.post(path, body);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(422);
            assertThat(TestServer.json(response).at("/error/param").asText()).isEqualTo(param);
        }
    }

    private static ScriptedEngine vectors(ModelRole role, Pooling pooling, int dimensions) {
        return ScriptedEngine.of(role, new EmbeddingInfo(pooling, dimensions, 100, PairFormat.NONE));
    }

    @Test
    void anthropicsFaceTellsItInItsOwnForm() throws Exception {
        try (var server = server("Hello")) {
            HttpResponse<String> response = server.post(
                    "/v1/messages", "{\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"darn\"}]}");
            assertThat(response.statusCode()).isEqualTo(422);
            JsonNode json = TestServer.json(response);
            assertThat(json.path("type").asText()).isEqualTo("error");
            assertThat(json.at("/error/type").asText()).isEqualTo("invalid_request_error");
            assertThat(json.at("/error/message").asText()).contains("messages", "harassment");
            assertThat(json.at("/error/details/category_scores/harassment").asDouble())
                    .isEqualTo(0.8);
            String system = server.post(
                            "/v1/messages",
                            "{\"max_tokens\":9,\"system\":\"darn\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                    .body();
            assertThat(system).contains("'system'");
        }
    }

    @Test
    void anAnswerEndsBeforeWhatMayNotBeSaid() throws Exception {
        try (var server = server(LONG + "The secret is 42." + LONG)) {
            JsonNode whole = TestServer.json(server.chat(chat("Hi")));
            assertThat(whole.at("/choices/0/finish_reason").asText()).isEqualTo("content_filter");
            String said = whole.at("/choices/0/message/content").asText();
            assertThat(LONG).startsWith(said);
            assertThat(said.length()).isGreaterThan(LONG.length() / 2);

            JsonNode completion =
                    TestServer.json(server.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":3000}"));
            assertThat(completion.at("/choices/0/finish_reason").asText()).isEqualTo("content_filter");
            assertThat(completion.at("/choices/0/text").asText()).doesNotContain("secret");

            JsonNode message = TestServer.json(server.post(
                    "/v1/messages", "{\"max_tokens\":3000,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
            assertThat(message.path("stop_reason").asText()).isEqualTo("refusal");
            assertThat(message.at("/content/0/text").asText()).doesNotContain("secret");

            JsonNode response = TestServer.json(server.post("/v1/responses", "{\"input\":\"Hi\"}"));
            assertThat(response.path("status").asText()).isEqualTo("incomplete");
            assertThat(response.at("/incomplete_details/reason").asText()).isEqualTo("content_filter");
            assertThat(response.toString()).doesNotContain("secret");

            JsonNode predicted = TestServer.json(server.post("/v1/models/scripted/predict", "{\"text\":\"Hi\"}"));
            assertThat(predicted.path("finish_reason").asText()).isEqualTo("content_filter");
            assertThat(predicted.path("prediction").asText()).doesNotContain("secret");
        }
    }

    @Test
    void aStreamHoldsBackWhatIsNotCheckedYet() throws Exception {
        String answer = LONG + "It is a sec\u200Bret, the SECRET." + LONG;
        try (var server = server(answer)) {
            String body = "{\"stream\":true,\"logprobs\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
            HttpResponse<String> response = server.chat(body);
            assertThat(response.statusCode()).isEqualTo(200);
            List<JsonNode> events = TestServer.events(response.body());
            String said = events.stream()
                    .map(event -> event.at("/choices/0/delta/content").asText())
                    .collect(Collectors.joining());
            assertThat(answer).startsWith(said);
            assertThat(said).doesNotContain("sec").contains("harmless text");
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("content_filter");
            assertThat(response.body()).contains("[DONE]");
            // No more tokens than text.
            String tokens = events.stream()
                    .flatMap(event -> event.at("/choices/0/logprobs/content").findValuesAsText("token").stream())
                    .collect(Collectors.joining());
            assertThat(said).startsWith(tokens);
        }
    }

    @Test
    void theOtherFacesStreamsEndInTheirOwnForm() throws Exception {
        try (var server = server(LONG + "The secret is 42.")) {
            String messages = server.post(
                            "/v1/messages",
                            "{\"stream\":true,\"max_tokens\":3000,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                    .body();
            assertThat(messages)
                    .contains("\"stop_reason\":\"refusal\"", "message_stop")
                    .doesNotContain("secret");
            String responses = server.post("/v1/responses", "{\"stream\":true,\"input\":\"Hi\"}")
                    .body();
            assertThat(responses)
                    .contains("response.incomplete", "\"reason\":\"content_filter\"")
                    .doesNotContain("secret");
            String completions = server.post(
                            "/v1/completions", "{\"stream\":true,\"prompt\":\"a\",\"max_tokens\":3000}")
                    .body();
            assertThat(completions)
                    .contains("\"finish_reason\":\"content_filter\"", "[DONE]")
                    .doesNotContain("secret");
        }
    }

    @Test
    void aHarmlessAnswerIsTheSameWithAndWithoutAPolicy() throws Exception {
        try (var server = server(LONG)) {
            String body = "{\"stream\":true,\"max_tokens\":3000,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
            List<JsonNode> events = TestServer.events(server.chat(body).body());
            assertThat(events.stream()
                            .map(event -> event.at("/choices/0/delta/content").asText())
                            .collect(Collectors.joining()))
                    .isEqualTo(LONG);
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        }
    }

    @Test
    void whatIsFlaggedGoesOnAndIsCounted() throws Exception {
        try (var server = server("The election is near. Vote in the election.")) {
            HttpResponse<String> response = server.chat(chat("Tell me of the election"));
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(TestServer.json(response).at("/choices/0/finish_reason").asText())
                    .isEqualTo("stop");
            assertThat(server.chat(chat("darn")).statusCode()).isEqualTo(422);
            assertThat(server.get("/metrics").body())
                    .contains(
                            "gufo_content_policy_hits_total{action=\"flag\",category=\"political\",direction=\"input\"} 1.0",
                            "gufo_content_policy_hits_total{action=\"flag\",category=\"political\",direction=\"output\"} 1.0",
                            "gufo_content_policy_hits_total{action=\"block\",category=\"harassment\",direction=\"input\"} 1.0");
        }
    }

    @Test
    void whatIsFoundStandsInTheLedger() throws Exception {
        var engine = new ScriptedEngine().answering("The election is near, the secret is 42. " + LONG);
        try (Database database = TestStorage.database(data)) {
            var keys = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String root = "Bearer "
                    + keys.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            try (var server = new TestServer(settings(), database, new TestModel("scripted", engine))) {
                String[] headers = {"Content-Type", "application/json", "Authorization", root};
                assertThat(server.chat(chat("Tell me of the election, an election"), headers)
                                .statusCode())
                        .isEqualTo(200);
                assertThat(server.chat(chat("darn"), headers).statusCode()).isEqualTo(422);
                assertThat(server.chat(
                                        chat("Hello").replace("{\"messages\"", "{\"max_tokens\":3,\"messages\""),
                                        headers)
                                .statusCode())
                        .isEqualTo(200);
                var api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
                HttpResponse<String> answer = await().until(
                                () -> server.get("/admin/requests", "Authorization", root),
                                now -> !now.body().contains("\"open\""));
                assertThat(api.faults("GET /admin/requests", answer)).isEmpty();
                JsonNode rows = TestServer.json(answer).path("data");
                assertThat(rows).hasSize(3);
                assertThat(rows.at("/0/policy")).isEmpty();
                assertThat(found(rows.get(1))).containsExactly("input block harassment");
                assertThat(rows.at("/1/status").asText()).isEqualTo("refused");
                assertThat(rows.at("/1/finish_reason").asText()).isEqualTo("content_filter");
                assertThat(rows.at("/1/model").asText()).isEqualTo("scripted");
                assertThat(rows.at("/1/prompt_tokens").asInt()).isZero();
                assertThat(found(rows.get(2)))
                        .containsExactly("input flag political", "output flag political", "output block privacy");
                assertThat(rows.at("/2/finish_reason").asText()).isEqualTo("content_filter");

                assertThat(listed(server, root, "flag")).containsExactly(rows.get(2));
                assertThat(listed(server, root, "block")).containsExactly(rows.get(1), rows.get(2));
                assertThat(server.get("/admin/requests?policy=off", "Authorization", root)
                                .statusCode())
                        .isEqualTo(400);
                assertThat(server.get("/metrics", "Authorization", root).body())
                        .contains(
                                "gufo_content_policy_hits_total{action=\"block\",category=\"privacy\",direction=\"output\"} 1.0");
            }
        }
    }

    private static List<String> found(JsonNode row) {
        var found = new ArrayList<String>();
        row.path("policy")
                .forEach(hit -> found.add("%s %s %s"
                        .formatted(
                                hit.path("direction").asText(),
                                hit.path("action").asText(),
                                hit.path("category").asText())));
        return found;
    }

    private static List<JsonNode> listed(TestServer server, String key, String action) throws Exception {
        var rows = new ArrayList<JsonNode>();
        TestServer.json(server.get("/admin/requests?policy=" + action, "Authorization", key))
                .path("data")
                .forEach(rows::add);
        return rows;
    }

    @Test
    void aKeyMayHaveAPolicyOfItsOwn() throws Exception {
        try (Database database = TestStorage.database(data)) {
            var keys = new KeyStore(database, InstantSource.system(), new SecureRandom());
            Map<String, String> secrets = Map.of(
                    "",
                    key(keys, ""),
                    "strict",
                    key(keys, "strict"),
                    "off",
                    key(keys, "off"),
                    "lost",
                    key(keys, "lost"));
            try (var server = new TestServer(settings(), database, new TestModel("scripted", new ScriptedEngine()))) {
                assertThat(status(server, secrets.get(""), "darn")).isEqualTo(422);
                assertThat(status(server, secrets.get(""), "election")).isEqualTo(200);
                assertThat(status(server, secrets.get("strict"), "darn")).isEqualTo(200);
                assertThat(status(server, secrets.get("strict"), "election")).isEqualTo(422);
                assertThat(status(server, secrets.get("off"), "darn")).isEqualTo(200);
                assertThat(status(server, secrets.get("lost"), "Hello")).isEqualTo(503);
            }
            try (var server = new TestServer(
                    PolicyFiles.settings(folder, POLICY, false),
                    database,
                    new TestModel("scripted", new ScriptedEngine()))) {
                assertThat(status(server, secrets.get("lost"), "Hello")).isEqualTo(200);
            }
            try (var server =
                    new TestServer(TestServer.settings(), database, new TestModel("scripted", new ScriptedEngine()))) {
                assertThat(status(server, secrets.get(""), "darn")).isEqualTo(200);
                // It was to be checked, and this server can't.
                assertThat(status(server, secrets.get("strict"), "Hello")).isEqualTo(503);
            }
        }
    }

    private static String key(KeyStore keys, String policy) {
        return keys.create(StoredKey.Terms.named("key").withPolicy(policy)).secret();
    }

    private static int status(TestServer server, String key, String text) throws Exception {
        return server.chat(chat(text), "Content-Type", "application/json", "Authorization", "Bearer " + key)
                .statusCode();
    }
}
