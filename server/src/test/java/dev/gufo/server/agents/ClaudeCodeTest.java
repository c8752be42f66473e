package dev.gufo.server.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Claude Code itself, where {@code scripts/test-claude-code} has installed it, with a model that says what the test
 * wants.
 */
@Timeout(600)
class ClaudeCodeTest {
    private static final Path CLAUDE = Path.of(System.getProperty("gufo.claude", "none"));

    @TempDir
    private Path home;

    @BeforeAll
    static void isThere() {
        assumeTrue(
                Files.isRegularFile(CLAUDE) && Files.isExecutable(CLAUDE),
                "Claude Code is not installed: scripts/test-claude-code does that");
    }

    private String claude(TestServer server, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(CLAUDE.toString(), "-p"));
        command.addAll(List.of(arguments));
        String url = server.uri("").toString();
        return new Agent(home)
                .run(
                        command,
                        Map.of(
                                "ANTHROPIC_BASE_URL", url.endsWith("/") ? url.substring(0, url.length() - 1) : url,
                                "ANTHROPIC_AUTH_TOKEN", "none",
                                "ANTHROPIC_MODEL", "scripted",
                                "ANTHROPIC_DEFAULT_HAIKU_MODEL", "scripted",
                                "CLAUDE_CODE_MAX_CONTEXT_TOKENS", "300000",
                                "CLAUDE_CODE_MAX_RETRIES", "1",
                                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1",
                                "DISABLE_AUTOUPDATER", "1"));
    }

    @Test
    void aTurnIsAnswered() throws Exception {
        ScriptedEngine engine = Agent.engine(300_000, "<think>A greeting.</think>The owl says hello. 🦉");
        try (var server = Agent.server(engine)) {
            assertThat(claude(server, "Say hello")).contains("The owl says hello. 🦉");
            assertThat(engine.started).hasSize(1); // it does not ask twice, as it does where a stream is broken
            assertThat(engine.lastPrompt().text()).contains("Say hello");
        }
    }

    @Test
    void commandsAreCarriedOutAndTheirOutputsComeBack() throws Exception {
        ScriptedEngine engine = Agent.engine(
                300_000,
                "<think>I look.</think>I look for owls."
                        + Agent.call(
                                "Bash", "{\"command\": \"echo owl-42 | tee found.txt\", \"description\": \"Looks\"}")
                        + Agent.call("Bash", "{\"command\": \"echo hoo-$((6 * 7))\", \"description\": \"Asks\"}"),
                "There is one owl.");
        try (var server = Agent.server(engine)) {
            assertThat(claude(server, "Look for owls", "--allowedTools", "Bash", "--output-format", "json"))
                    .contains("\"result\":\"There is one owl.\"");
            assertThat(engine.started).hasSize(2);
            String prompt = engine.lastPrompt().text();
            assertThat(prompt.substring(prompt.indexOf("Look for owls")))
                    .contains("I look for owls.<tool_call>")
                    .containsPattern("(?s)\\[tool].*owl-42.*\\[tool].*hoo-42");
            assertThat(Files.readString(home.resolve("work/found.txt"))).isEqualTo("owl-42\n");
        }
    }

    @Test
    void theContextIsCounted() throws Exception {
        ScriptedEngine engine = Agent.engine(300_000, "Never said.");
        try (var server = Agent.server(engine)) {
            assertThat(claude(server, "/context")).containsPattern("Tokens:\\*\\* [\\d.]+k / 300k");
            assertThat(engine.started).isEmpty();
            assertThat(engine.tokenizeCalls()).isGreaterThan(10);
        }
    }

    @Test
    void aContextThatIsFullIsUnderstood() throws Exception {
        ScriptedEngine engine = Agent.engine(20_000, "Never said.");
        try (var server = Agent.server(engine)) {
            assertThat(claude(server, "Say hello")).contains("Prompt is too long");
            assertThat(engine.started).isEmpty();
        }
    }
}
