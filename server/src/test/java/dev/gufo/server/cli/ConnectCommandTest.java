package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConnectCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path home;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int gufo(String... arguments) {
        out.reset();
        err.reset();
        return GufoCommand.run(
                arguments,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String url(TestServer server) {
        return server.uri("/").toString();
    }

    @Test
    void claudeCodeIsToldWhereTheServerIsAndWhatItsModelHolds() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(40_000, ""))) {
            assertThat(gufo("connect", "claude", "--print", "--url", url(server)))
                    .isZero();
            JsonNode env = JSON.readTree(out.toByteArray()).path("env");
            assertThat(env.path("ANTHROPIC_BASE_URL").textValue() + "/").isEqualTo(url(server));
            assertThat(env.path("ANTHROPIC_MODEL").textValue()).isEqualTo("scripted");
            assertThat(env.path("ANTHROPIC_DEFAULT_HAIKU_MODEL").textValue()).isEqualTo("scripted");
            assertThat(env.path("CLAUDE_CODE_MAX_CONTEXT_TOKENS").textValue()).isEqualTo("40000");
            assertThat(env.path("ANTHROPIC_AUTH_TOKEN").textValue()).isNotEmpty();
            assertThat(home).isEmptyDirectory();
        }
    }

    @Test
    void otherSettingsStayWhereTheyAre() throws Exception {
        Path file = home.resolve(".claude/settings.json");
        try (var server = new TestServer(new ScriptedEngine())) {
            for (int i = 0; i < 2; i++) {
                assertThat(gufo("connect", "claude", "--home", home.toString(), "--url", url(server)))
                        .as(err.toString(StandardCharsets.UTF_8))
                        .isZero();
                JsonNode settings = JSON.readTree(file.toFile());
                assertThat(settings.at("/env/ANTHROPIC_MODEL").textValue()).isEqualTo("scripted");
                assertThat(settings.path("theme").asText()).isEqualTo(i == 0 ? "" : "dark");
                assertThat(settings.at("/env/EDITOR").asText()).isEqualTo(i == 0 ? "" : "vi");
                Files.writeString(
                        file, "{\"theme\": \"dark\", \"env\": {\"EDITOR\": \"vi\", \"ANTHROPIC_MODEL\": \"x\"}}");
            }
            Files.writeString(file, "no JSON");
            assertThat(gufo("connect", "claude", "--home", home.toString(), "--url", url(server)))
                    .isEqualTo(GufoCommand.FAILED);
            assertThat(Files.readString(file)).isEqualTo("no JSON");
        }
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        try (var server = new TestServer(
                new ScriptedEngine(), TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1)))) {
            assertThat(gufo("connect", "claude", "--print", "--url", url(server)))
                    .isEqualTo(GufoCommand.USAGE);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("--key");
            assertThat(gufo("connect", "claude", "--print", "--url", url(server), "--key", "sesame"))
                    .isZero();
            assertThat(gufo("connect", "claude", "--print", "--url", url(server), "--key", "sesame", "--model", "none"))
                    .isEqualTo(GufoCommand.USAGE);
        }
        assertThat(gufo("connect", "pencil")).isEqualTo(GufoCommand.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("claude");
        assertThat(gufo("connect", "claude", "--url", "localhost")).isEqualTo(GufoCommand.USAGE);
        assertThat(gufo("connect", "claude", "--url", "http://127.0.0.1:1")).isEqualTo(GufoCommand.FAILED);
    }

    @Test
    void codexIsToldInItsOwnFormAndAFileThatIsThereStays() throws Exception {
        Path file = home.resolve(".codex/config.toml");
        try (var server = new TestServer(new ScriptedEngine(40_000, ""))) {
            for (int i = 0; i < 2; i++) { // the same again changes nothing
                assertThat(gufo("connect", "codex", "--home", home.toString(), "--url", url(server)))
                        .as(err.toString(StandardCharsets.UTF_8))
                        .isZero();
            }
            assertThat(Files.readString(file))
                    .contains("model = \"scripted\"\n", "model_context_window = 40000\n", "wire_api = \"responses\"\n")
                    .contains("base_url = \"" + url(server) + "v1\"\n");
            Files.writeString(file, "model = \"mine\"\n");
            assertThat(gufo("connect", "codex", "--home", home.toString(), "--url", url(server)))
                    .isEqualTo(GufoCommand.FAILED);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("--print");
            assertThat(Files.readString(file)).isEqualTo("model = \"mine\"\n");
        }
    }

    @Test
    void agentsWithJsonAreToldTheirProviderBesideOthers() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(40_000, ""))) {
            String base = url(server) + "v1";
            Path opencode = home.resolve(".config/opencode/opencode.json");
            Files.createDirectories(opencode.getParent());
            Files.writeString(opencode, "{\"provider\": {\"mine\": {}}, \"theme\": \"dark\"}");
            JsonNode settings = connected("opencode", opencode, server);
            assertThat(settings.at("/provider/gufo/options/baseURL").textValue())
                    .isEqualTo(base);
            assertThat(settings.at("/provider/gufo/models/scripted/limit/context")
                            .intValue())
                    .isEqualTo(40_000);
            assertThat(settings.path("model").textValue()).isEqualTo("gufo/scripted");
            assertThat(settings.at("/provider/mine").isObject()).isTrue();
            assertThat(settings.path("theme").textValue()).isEqualTo("dark");

            settings = connected("pi", home.resolve(".pi/agent/models.json"), server);
            assertThat(settings.at("/providers/gufo/baseUrl").textValue()).isEqualTo(base);
            assertThat(settings.at("/providers/gufo/models/0/contextWindow").intValue())
                    .isEqualTo(40_000);

            Path qwen = home.resolve(".qwen/settings.json");
            Files.createDirectories(qwen.getParent());
            Files.writeString(
                    qwen,
                    "{\"modelProviders\": {\"openai\": [{\"id\": \"mine\"}, {\"id\": \"scripted\", \"name\": \"x\"}]}}");
            settings = connected("qwen", qwen, server);
            JsonNode models = settings.at("/modelProviders/openai");
            assertThat(models).hasSize(2);
            assertThat(models.at("/0/id").textValue()).isEqualTo("mine");
            assertThat(models.at("/1/baseUrl").textValue()).isEqualTo(base);
            assertThat(models.at("/1/name").textValue()).isEqualTo("scripted");
            assertThat(settings.at("/env/" + models.at("/1/envKey").textValue()).textValue())
                    .isEqualTo("gufo");
        }
    }

    private JsonNode connected(String agent, Path file, TestServer server) throws Exception {
        assertThat(gufo("connect", agent, "--home", home.toString(), "--url", url(server)))
                .as(err.toString(StandardCharsets.UTF_8))
                .isZero();
        return JSON.readTree(file.toFile());
    }

    @Test
    void continueHasAFileOfItsOwnAndOthersAreTheirUsersToEnter() throws Exception {
        Path file = home.resolve(".continue/config.yaml");
        try (var server = new TestServer(new ScriptedEngine(40_000, ""))) {
            assertThat(gufo("connect", "continue", "--home", home.toString(), "--url", url(server)))
                    .isZero();
            assertThat(Files.readString(file))
                    .contains("    apiBase: \"" + url(server) + "v1\"\n", "contextLength: 40000\n", "schema: v1\n");
            Files.writeString(file, "name: mine\n");
            assertThat(gufo("connect", "continue", "--home", home.toString(), "--url", url(server)))
                    .isEqualTo(GufoCommand.FAILED);
            assertThat(Files.readString(file)).isEqualTo("name: mine\n");

            assertThat(gufo("connect", "cline", "--home", home.toString(), "--url", url(server), "--key", "it's"))
                    .isZero();
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .startsWith("cline auth ")
                    .contains("--apikey 'it'\\''s' --modelid scripted --baseurl " + url(server) + "v1");
            assertThat(gufo("connect", "copilot", "--home", home.toString(), "--url", url(server)))
                    .isZero();
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("export COPILOT_PROVIDER_BASE_URL=" + url(server) + "v1\n")
                    .contains("export COPILOT_MODEL=scripted\n", "export COPILOT_OFFLINE=true");
            assertThat(home.resolve(".cline")).doesNotExist();
            assertThat(home.resolve(".copilot")).doesNotExist();
        }
    }
}
