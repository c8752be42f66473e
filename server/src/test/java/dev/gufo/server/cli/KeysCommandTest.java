package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.PostgresqlServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeysCommandTest {
    @TempDir
    private Path folder;

    private Map<String, String> environment = Map.of();

    @Test
    void aKeyIsShownWhenItIsMadeAndNeverAgain() throws IOException {
        String made = run("keys", "create", "--name", "laptop", "--owner", "ann", "--admin");
        assertThat(made).startsWith("0 gufo_").contains("can't be shown again", "laptop", "admin");
        String secret = made.substring(2).lines().findFirst().orElseThrow();
        assertThat(secret).matches("gufo_[0-9A-Za-z]{43}");
        String prefix = secret.substring(0, 13);
        for (String again : new String[] {
            run("keys", "list"),
            run("keys", "list", "--json"),
            run("keys", "show", prefix),
            run("keys", "show", prefix, "--json")
        }) {
            assertThat(again).startsWith("0 ").contains(prefix, "laptop").doesNotContain(secret);
        }
    }

    @Test
    void everythingCanBeSetChangedAndTakenBack() throws IOException {
        JsonNode made = json(run(
                "keys",
                "create",
                "--json",
                "--owner",
                "ci",
                "--model",
                "qwen*",
                "--model",
                "demo",
                "--endpoint",
                "/v1/*",
                "--expires",
                "2099-01-01",
                "--limit",
                "requests-per-minute=5",
                "--limit",
                "tokens_per_month=unlimited",
                "--priority",
                "9",
                "--cache-group",
                "team",
                "--policy",
                "strict",
                "--disabled"));
        assertThat(made.get("name").asText()).isEqualTo("ci");
        assertThat(made.get("key").asText()).startsWith(made.get("prefix").asText());
        assertThat(made.get("models").toString()).isEqualTo("[\"qwen*\",\"demo\"]");
        assertThat(made.get("endpoints").toString()).isEqualTo("[\"/v1/*\"]");
        assertThat(made.get("expires_at").asLong()).isEqualTo(4_070_908_800L);
        assertThat(made.get("limits").toString())
                .isEqualTo("{\"requests_per_minute\":5,\"tokens_per_month\":\"unlimited\"}");
        assertThat(made.get("priority").asInt()).isEqualTo(9);
        assertThat(made.get("cache_group").asText()).isEqualTo("team");
        assertThat(made.get("policy").asText()).isEqualTo("strict");
        assertThat(made.get("disabled").asBoolean()).isTrue();
        String id = made.get("id").asText();

        JsonNode changed = json(run(
                "keys",
                "update",
                id,
                "--json",
                "--name",
                "build",
                "--model",
                "*",
                "--expires",
                "never",
                "--limit",
                "requests-per-minute=default",
                "--disabled=false"));
        assertThat(changed.get("name").asText()).isEqualTo("build");
        assertThat(changed.get("owner").asText()).as("stays").isEqualTo("ci");
        assertThat(changed.get("models")).isEmpty();
        assertThat(changed.get("expires_at").isNull()).isTrue();
        assertThat(changed.get("limits").toString()).isEqualTo("{\"tokens_per_month\":\"unlimited\"}");
        assertThat(changed.get("disabled").asBoolean()).isFalse();

        assertThat(run("keys", "revoke", id)).startsWith("0 ").contains("revoked 20");
        assertThat(run("keys", "list")).isEqualTo("0 There are no keys.\n");
        assertThat(run("keys", "list", "--all")).contains(id, "revoked 20");
    }

    @Test
    void whatCannotBeMeantIsAUsageError() {
        assertThat(run("keys")).startsWith("2 gufo: a command is missing");
        assertThat(run("keys", "create", "--limit", "requests-per-year=5"))
                .startsWith("2 gufo: --limit requests-per-year=5: there is no such limit")
                .contains("requests_per_minute");
        assertThat(run("keys", "create", "--limit", "tokens-per-day=0")).startsWith("2 gufo: --limit tokens-per-day=0");
        assertThat(run("keys", "create", "--priority", "11")).startsWith("2 gufo: priority must be 1 to 10");
        assertThat(run("keys", "create", "--expires", "soon")).startsWith("2 gufo: --expires must be");
        assertThat(run("keys", "create", "--expires", "+99999-01-01")).startsWith("2 gufo: a key expires between");
        assertThat(run("keys", "create", "--name", " ")).startsWith("2 gufo: --name");
        assertThat(run("keys", "show", "key_none")).startsWith("1 gufo: there is no key");
        assertThat(run("keys", "list")).as("nothing was made").isEqualTo("0 There are no keys.\n");
    }

    @Test
    void namesCannotMoveTheCursor() {
        run("keys", "create", "--name", "a\u001b[2Jb");
        assertThat(run("keys", "list")).contains("a?[2Jb").doesNotContain("\u001b");
    }

    @Test
    void theDatabaseIsFoundWhereTheServerFindsIt() throws Exception {
        Path other = folder.resolve("other");
        run("keys", "create", "--name", "first");
        environment = Map.of(
                "GUFO_DATA_DIR", other.toString(), "GUFO_MODEL", "not-a-pattern", "GUFO_LIMIT", "tokens-per-day=1");
        String made = runAsIs("keys", "create", "--json", "--name", "second");
        assertThat(json(made).get("models")).as("that is for the server").isEmpty();
        assertThat(json(made).get("limits")).isEmpty();
        Path config = Files.writeString(folder.resolve("gufo.yaml"), "data-dir: " + other + "\nport: 9\n");
        environment = Map.of();
        assertThat(runAsIs("keys", "list", "--config", config.toString()))
                .contains("second")
                .doesNotContain("first");
        assumeThat(PostgresqlServer.installed()).isPresent();
        try (PostgresqlServer server = PostgresqlServer.start()) {
            assertThat(run("keys", "create", "--name", "third", "--database-url", server.url()))
                    .startsWith("0 gufo_");
            environment = Map.of("GUFO_DATABASE_URL", server.url());
            assertThat(run("keys", "list")).contains("third").doesNotContain("first");
        }
        assertThat(run("keys", "list")).startsWith("1 gufo: the PostgreSQL database of --database-url can't be opened");
    }

    private static JsonNode json(String result) throws IOException {
        assertThat(result).startsWith("0 ");
        return new ObjectMapper().readTree(result.substring(2));
    }

    private String run(String... arguments) {
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + (arguments.length > 1 ? 2 : 0));
        if (arguments.length > 1) {
            all[arguments.length] = "--data-dir";
            all[arguments.length + 1] = folder.toString();
        }
        return runAsIs(all);
    }

    /** Exit status and what was printed. */
    private String runAsIs(String... arguments) {
        var printed = new ByteArrayOutputStream();
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, environment, stream, stream);
        return status + " " + printed.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
