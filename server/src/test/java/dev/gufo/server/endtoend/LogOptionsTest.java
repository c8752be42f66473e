package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a server logs, as its options say, from its first line on. */
@Timeout(180)
class LogOptionsTest {
    private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":2}";

    /** Not that of the tests, which would be found first. */
    private static final List<String> PRODUCT_LOG = List.of("-Dlogback.configurationFile=logback.xml");

    @TempDir
    private Path dataDir;

    @Test
    void whatIsNoWarningIsNotLoggedIfWarningsAreAskedFor() throws Exception {
        assertThat(logOf("--log-level", "warn")).doesNotContain("INFO", "/v1/chat/completions");
    }

    @Test
    void linesAreJsonIfThatIsAskedFor() throws Exception {
        assertThat(logOf("--log-format", "json").lines().filter(line -> line.contains("/v1/chat/completions")))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    }

    private String logOf(String... options) throws Exception {
        try (RunningGufo gufo = RunningGufo.startWith(PRODUCT_LOG, dataDir, options)) {
            assertThat(gufo.chat(CHAT).statusCode()).isEqualTo(200);
            assertThat(gufo.stop()).isZero();
        }
        return Files.readString(dataDir.resolve("stderr.log"));
    }
}
