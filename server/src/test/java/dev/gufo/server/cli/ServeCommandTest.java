package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.server.access.Limits;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.database.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    void aDraftModelForAModelThatIsNotServedIsRefused() throws IOException {
        Path demo = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
        Files.createSymbolicLink(folder.resolve("demo.gguf"), demo);
        assertThat(serve("--engine", "jllama", "--model", "demo", "--draft-model", "owl=" + demo))
                .startsWith("1 gufo: --draft-model owl: no model of this name is served");
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

    @Test
    void aDataFolderOrDatabaseThatCannotBeUsedIsToldWithReasonAndRemedy() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThat(gufo("keys", "list", "--data-dir", file.toString()))
                .startsWith("1 gufo: the data folder " + file + " can't be used: a file of that name is in the way")
                .contains("--data-dir");
        assertThat(gufo("keys", "list", "--data-dir", file.resolve("below").toString()))
                .startsWith("1 gufo: the data folder ")
                .contains("can't be used: ", "--data-dir");
        Files.writeString(folder.resolve("gufo.db"), "this is no database, only a text that is long enough");
        assertThat(gufo("usage", "--data-dir", folder.toString()))
                .startsWith("1 gufo: the database " + folder.resolve("gufo.db") + " can't be opened: ")
                .contains("not a database");
    }

    @Test
    void noMessageHasThePasswordOfAUrl() {
        for (String url : List.of(
                "jdbc:postgresql://127.0.0.1:1/x?user=me&password=s3cret",
                "jdbc:postgresql:/nowhere?password=s3cret",
                "jdbc:postgresql://me:s3cret@127.0.0.1:1:2/x",
                "jdbc:postgresql://127.0.0.1:nine/x?password=s3cret",
                "postgresql://me:s3cret@127.0.0.1/x")) {
            assertThat(gufo("keys", "list", "--data-dir", folder.toString(), "--database-url", url))
                    .as(url)
                    .startsWith("1 gufo: ")
                    .doesNotContain("s3cret", "\tat ");
        }
        for (String url : List.of(
                "redis://:s3cret@127.0.0.1:1", "redis://:s3/cr@et@127.0.0.1", "s3cret@127.0.0.1", "http://:s3cret@x")) {
            var options = new AccountOptions();
            options.limitsUrl = url;
            assertThatThrownBy(() -> options.open(Database.open("", folder), Limits.NONE))
                    .as(url)
                    .isInstanceOfAny(StartFailed.class, UsageException.class)
                    .hasMessageContaining("--limits-url")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3c"));
        }
    }

    @Test
    void aRetentionOfSecondsIsTakenForAMistake() {
        assertThat(serve("--usage-retention", "90"))
                .startsWith("2 gufo: --usage-retention must be 0 or at least 1h, is 90s");
    }

    private static String gufo(String... arguments) {
        var printed = new ByteArrayOutputStream();
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, Map.of(), stream, stream);
        return status + " " + printed.toString(StandardCharsets.UTF_8);
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
