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

/** Codex itself, where {@code scripts/test-clients} has installed it, with a model that says what the test wants. */
@Timeout(600)
class CodexTest {
    private static final Path CODEX = Path.of(System.getProperty("gufo.agents", "none"), "node_modules/.bin/codex");

    @TempDir
    private Path home;

    @BeforeAll
    static void isThere() {
        assumeTrue(Files.isExecutable(CODEX), "Codex is not installed: scripts/test-clients does that");
    }

    /** @param more settings of the model */
    private String codex(TestServer server, String more, String... arguments) throws IOException, InterruptedException {
        Path config = Files.createDirectories(home.resolve(".codex"));
        Files.writeString(config.resolve("config.toml"), """
                model = "scripted"
                model_provider = "gufo"
                %s
                [model_providers.gufo]
                name = "gufo"
                base_url = "%s"
                wire_api = "responses"
                request_max_retries = 0
                stream_max_retries = 0
                [analytics]
                enabled = false
                """.formatted(more, server.uri("/v1")));
        var command = new ArrayList<>(List.of(CODEX.toAbsolutePath().toString(), "exec"));
        command.addAll(List.of(arguments));
        command.addAll(
                command.size() - 1, List.of("--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"));
        return new Agent(home).run(command, Map.of("CODEX_HOME", config.toString()));
    }

    @Test
    void aTurnIsAnswered() throws Exception {
        ScriptedEngine engine = Agent.engine(300_000, "<think>A greeting.</think>The owl says hello. 🦉");
        try (var server = Agent.server(engine)) {
            assertThat(codex(server, "", "Say hello")).contains("The owl says hello. 🦉");
            assertThat(engine.lastPrompt().text()).contains("[user]Say hello[assistant]");
        }
    }

    @Test
    void commandsAreCarriedOutAndTheirOutputsComeBack() throws Exception {
        ScriptedEngine engine = Agent.engine(
                300_000,
                "<think>I look.</think>I look for owls."
                        + Agent.call("exec_command", "{\"cmd\": \"echo owl-$((40 + 2)) | tee found.txt\"}")
                        + Agent.call("exec_command", "{\"cmd\": \"echo hoo-$((6 * 7))\"}"),
                "There is one owl.");
        try (var server = Agent.server(engine)) {
            assertThat(codex(server, "", "Look for owls")).contains("There is one owl.");
            assertThat(engine.started).hasSize(2);
            String prompt = engine.lastPrompt().text();
            String asked = prompt.substring(prompt.indexOf("[user]Look for owls"));
            assertThat(asked).contains("<think>I look.</think>I look for owls.<tool_call>");
            assertThat(asked).containsPattern("(?s)\\[tool].*owl-42.*\\[tool].*hoo-42");
            assertThat(Files.readString(home.resolve("work/found.txt"))).isEqualTo("owl-42\n");
        }
    }

    @Test
    void aContextThatIsFullIsUnderstood() throws Exception {
        ScriptedEngine engine = Agent.engine(20_000, "Never said.");
        try (var server = Agent.server(engine)) {
            assertThat(codex(server, "", "Say hello")).contains("ran out of room in the model's context window");
            assertThat(engine.started).isEmpty();
        }
    }

    @Test
    void aHistoryThatHasOutgrownTheContextIsCompacted() throws Exception {
        ScriptedEngine engine = Agent.engine(
                45_000,
                Agent.call("exec_command", "{\"cmd\": \"seq 1 3000\"}"),
                "Numbers were counted, up to the owl's.",
                "I have counted.",
                "I go on.");
        String settings = "model_context_window = 45000";
        try (var server = Agent.server(engine)) {
            assertThat(codex(server, settings, "Count to 3000"))
                    .contains("context compacted")
                    .contains("I have counted.");
            assertThat(engine.started).hasSize(3);
            assertThat(engine.lastPrompt().text())
                    .contains("Count to 3000", "up to the owl's.")
                    .doesNotContain("1234");
            assertThat(codex(server, settings, "resume", "--last", "And now?")).contains("I go on.");
            assertThat(engine.lastPrompt().text()).contains("up to the owl's.", "I have counted.[user]And now?");
        }
    }
}
