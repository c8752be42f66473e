package dev.gufo.server.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineException;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.TestStorage;
import dev.gufo.server.database.Database;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a guard that finds every text unsafe with a probability of about 0.75. */
@Timeout(60)
class GuardPolicyHttpTest {
    private static final String TEMPLATE = "<BEGIN UNSAFE CONTENT CATEGORIES>{{ messages[-1].content }}<END>";
    private static final String HELLO = TestServer.HELLO;

    @TempDir
    private Path folder;

    @TempDir
    private Path data;

    private final ScriptedEngine guard = new ScriptedEngine(2_048, TEMPLATE);
    private final ScriptedEngine chat = new ScriptedEngine().answering("A harmless answer. ".repeat(30));

    private TestServer server(String policy, boolean refuses) throws Exception {
        return new TestServer(
                PolicyFiles.settings(
                        folder, "{'guard':'guard','window':100,'policies':{'default':" + policy + "}}", refuses),
                new TestModel("scripted", chat),
                new TestModel("guard", guard));
    }

    @Test
    void whatTheGuardFindsIsRefusedFromItsThresholdOn() throws Exception {
        try (var server = server("{'input':{'unsafe':{'action':'block','threshold':0.7}}}", true)) {
            HttpResponse<String> response = server.chat(HELLO);
            assertThat(response.statusCode()).isEqualTo(422);
            assertThat(TestServer.json(response)
                            .at("/error/details/category_scores/unsafe")
                            .asDouble())
                    .isBetween(0.7, 0.8);
            assertThat(chat.started).isEmpty();
        }
        try (var server = server("{'input':{'unsafe':{'action':'block','threshold':0.9}}}", true)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aTextIsAskedAboutOnceHoweverOftenItIsSent() throws Exception {
        try (var server = server("{'input':{'unsafe':{'action':'block','threshold':0.9}}}", true)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            assertThat(guard.started).hasSize(15);
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            assertThat(guard.started).hasSize(15);
        }
    }

    @Test
    void anAnswerThatTheGuardFindsUnsafeEnds() throws Exception {
        try (var server = server("{'output':{'*':'block'}}", true)) {
            JsonNode json = TestServer.json(server.chat(HELLO));
            assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("content_filter");
            assertThat(json.at("/choices/0/message/content").asText()).isEmpty();
            // The answer stands behind the question in what the guard reads.
            assertThat(guard.lastPrompt().text()).isNotEmpty();
        }
    }

    @Test
    void theGuardsTokensHaveRowsOfTheirOwn() throws Exception {
        try (Database database = TestStorage.database(data)) {
            var settings = PolicyFiles.settings(
                    folder,
                    "{'guard':'guard','policies':{'default':{'input':{'unsafe':{'action':'flag','threshold':0.7}}}}}");
            try (var server = new TestServer(
                    settings, database, new TestModel("scripted", chat), new TestModel("guard", guard))) {
                assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
                assertThat(TestServer.json(server.get("/v1/usage"))
                                .at("/total/requests")
                                .asInt())
                        .isOne();
            }
            List<String> rows = database.read(session -> session.list(
                    "SELECT key_id, model, endpoint, status, prompt_tokens FROM ledger ORDER BY key_id DESC",
                    row -> "%s %s %s %s %b"
                            .formatted(
                                    row.getString(1),
                                    row.getString(2),
                                    row.getString(3),
                                    row.getString(4),
                                    row.getInt(5) > 0)));
            assertThat(rows)
                    .containsExactly(
                            "content-policy guard content-policy completed true",
                            "anonymous scripted /v1/chat/completions completed true");
        }
    }

    @Test
    void whatCannotBeCheckedIsRefusedOrPassesAsTheOperatorWants() throws Exception {
        guard.failing(new EngineException.Broken("the guard has failed"));
        try (var server = server("{'input':{'*':'block'}}", true)) {
            HttpResponse<String> response = server.chat(HELLO);
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(TestServer.json(response).at("/error/code").asText()).isEqualTo("content_policy_unavailable");
            assertThat(response.headers().firstValue("Retry-After")).isPresent();
            assertThat(server.get("/metrics").body())
                    .contains("gufo_content_policy_failures_total{direction=\"input\"} 1.0");
        }
        try (var server = server("{'input':{'*':'block'},'output':{'*':'block'}}", false)) {
            JsonNode json = TestServer.json(server.chat(HELLO));
            assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        }
        try (var server = server("{'output':{'*':'block'}}", true)) {
            JsonNode json = TestServer.json(server.chat(HELLO));
            assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("content_filter");
        }
    }

    @Test
    void aModelThatIsNoGuardCanCheckNothing() throws Exception {
        var settings =
                PolicyFiles.settings(folder, "{'guard':'scripted','policies':{'default':{'input':{'*':'block'}}}}");
        try (var server = new TestServer(chat, settings)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(503);
        }
    }
}
