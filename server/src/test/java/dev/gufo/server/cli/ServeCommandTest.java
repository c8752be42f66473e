package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps a server from being started, told in one line. None of these loads a model. */
class ServeCommandTest {
    @TempDir
    private Path folder;

    @Test
    void anAddressForEveryoneNeedsAKey() {
        assertThat(serve("--host", "0.0.0.0")).startsWith("2 gufo: ").contains("--api-key", "--insecure");
    }

    @Test
    void withAKeyOrInsecureItDoesNot() {
        assertThat(serve("--host", "0.0.0.0", "--api-key", "sk-1234567890123")).startsWith("1 gufo: there is no model");
        assertThat(serve("--host", "0.0.0.0", "--insecure")).startsWith("1 gufo: there is no model");
    }

    @Test
    void aShortKeyIsRefusedOnANetworkAndWarnedOfElsewhere() {
        assertThat(serve("--host", "0.0.0.0", "--api-key", "sk-1"))
                .startsWith("2 gufo: ")
                .contains("--api-key", "16 characters")
                .doesNotContain("sk-1");
        assertThat(serve("--api-key", "sk-1"))
                .contains("an --api-key has less than 16 characters", "there is no model");
    }

    @Test
    void anAllowedHostIsANameWithoutAPort() {
        assertThat(serve("--allowed-host", "gufo.example:8080"))
                .startsWith("2 gufo: ")
                .contains("--allowed-host must be a name without port");
        assertThat(serve("--max-connections-per-address", "0"))
                .startsWith("2 gufo: ")
                .contains("--max-connections-per-address must be at least 1");
    }

    @Test
    void aKeyInTheDatabaseKeepsStrangersOutAsWell() {
        var nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        assertThat(GufoCommand.run(
                        new String[] {"keys", "create", "--data-dir", folder.toString()}, Map.of(), nowhere, nowhere))
                .isZero();
        assertThat(serve("--host", "0.0.0.0")).startsWith("1 gufo: there is no model");
    }

    @Test
    void limitsAndTheAdminsPlaceAreChecked() {
        assertThat(serve("--limit", "tokens-per-eon=3"))
                .startsWith("2 gufo: --limit tokens-per-eon=3: there is no such");
        assertThat(serve("--admin", "maybe")).startsWith("2 gufo: ").contains("neither on nor off nor a port");
        assertThat(serve("--admin", "0", "--limit", "tokens-per-day=3")).startsWith("1 gufo: there is no model");
    }

    @Test
    void numbersOutOfRangeNameTheirOption() {
        assertThat(serve("--port", "70000")).startsWith("2 gufo: --port must be");
        assertThat(serve("--overflow-status", "500")).startsWith("2 gufo: --overflow-status must be");
        assertThat(serveDemo("--parallel", "0")).startsWith("2 gufo: --parallel must be");
        assertThat(serveDemo("--step-tokens", "1")).startsWith("2 gufo: --step-tokens must be");
    }

    @Test
    void theSecondEngineNeedsNoLibrariesButCanNotDoAll() throws IOException {
        Path demo = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
        Files.createSymbolicLink(folder.resolve("demo.gguf"), demo);
        assertThat(serve("--engine", "jllama", "--workers", "off", "--embeddings", "demo", "--model", "demo"))
                .startsWith("1 gufo: demo can't be loaded: ")
                .contains("jllama", "--embeddings", "--engine llamacpp");
    }

    @Test
    void anEngineThatDoesNotExistIsRefused() {
        assertThat(serve("--engine", "vllm")).startsWith("2 gufo: ");
    }

    @Test
    void aModelThatIsNotThereIsToldWithThoseThatAre() throws IOException {
        Files.writeString(folder.resolve("a.gguf"), "");
        assertThat(serve("--model", "b"))
                .startsWith("1 gufo: there is no model 'b'")
                .contains("holds a");
    }

    @Test
    void aFileThatIsNoModelIsToldBeforeAnythingIsLoaded() throws IOException {
        Files.writeString(folder.resolve("a.gguf"), "not a model");
        Files.writeString(folder.resolve("libllama.so"), "");
        assertThat(serve("--natives", folder.toString(), "--workers", "off")).startsWith("1 gufo: a can't be served: ");
    }

    @Test
    void librariesThatAreNotThereAreToldWithTheRemedy() throws IOException {
        Files.writeString(folder.resolve("a.gguf"), "");
        assertThat(serve("--natives", folder.toString()))
                .startsWith("1 gufo: the llama.cpp libraries")
                .contains("scripts/natives");
    }

    @Test
    void aChatTemplateThatIsNoneIsTold() throws IOException {
        Path template = Files.writeString(folder.resolve("t.jinja"), "{% if %}");
        assertThat(serveDemo("--chat-template", template.toString()))
                .startsWith("1 gufo: " + template + " is no chat template");
    }

    private String serveDemo(String... options) {
        try {
            Files.writeString(folder.resolve("demo.gguf"), "");
            Files.writeString(folder.resolve("libllama.so"), "");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        String[] all = new String[options.length + 2];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = "--natives";
        all[options.length + 1] = folder.toString();
        return serve(all);
    }

    /** Exit status and what was printed, with a models folder of this test's own. */
    private String serve(String... options) {
        String[] arguments = new String[options.length + 5];
        System.arraycopy(
                new String[] {"serve", "--models-dir", folder.toString(), "--data-dir", folder.toString()},
                0,
                arguments,
                0,
                5);
        System.arraycopy(options, 0, arguments, 5, options.length);
        var printed = new ByteArrayOutputStream();
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, Map.of(), stream, stream);
        return status + " " + printed.toString(StandardCharsets.UTF_8);
    }
}
