package dev.gufo.server.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.KeyedServer;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code gufo connect} would write, told by a running server. */
@Timeout(60)
class ConnectHttpTest {
    @Test
    void everyAgentsSettingsAreToldForThisServer() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            JsonNode told = TestServer.json(server.get("/v1/connect"));
            assertThat(told.path("url").asText() + "/")
                    .isEqualTo(server.uri("/").toString());
            assertThat(told.path("data")).hasSize(AgentTool.values().length);
            JsonNode claude = told.at("/data/0");
            assertThat(claude.path("agent").asText()).isEqualTo("claude");
            assertThat(claude.path("file").asText()).isEqualTo("~/.claude/settings.json");
            assertThat(claude.path("content").asText())
                    .contains("\"ANTHROPIC_BASE_URL\" : \"" + told.path("url").asText() + "\"")
                    .contains("\"ANTHROPIC_MODEL\" : \"scripted\"")
                    .contains("\"CLAUDE_CODE_MAX_CONTEXT_TOKENS\" : \"4096\"")
                    .contains("\"ANTHROPIC_AUTH_TOKEN\" : \"gufo\"");
        }
    }

    @Test
    void modelAndPlaceMayBeNamedAndNoKeyIsTold(@TempDir Path folder) throws Exception {
        var models = TestModel.two();
        try (var gufo = new KeyedServer(folder, TestServer.settings(), models)) {
            String query = "?model=other/model&url=https://example.com/gufo/";
            JsonNode told = gufo.asked("GET /admin/connect", "/admin/connect" + query, 200);
            assertThat(told.path("key").asText()).isEqualTo("YOUR_API_KEY");
            assertThat(told.at("/data/0/content").asText())
                    .contains("https://example.com/gufo\"", "other/model", "YOUR_API_KEY")
                    .doesNotContain(gufo.admin);
            assertThat(gufo.asked("GET /v1/connect", "/v1/connect?url=javascript:x", 400)
                            .at("/error/param")
                            .asText())
                    .isEqualTo("url");
            gufo.asked("GET /v1/connect", "/v1/connect?model=none", 404);
        }
    }
}
