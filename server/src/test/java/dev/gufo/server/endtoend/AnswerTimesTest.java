package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the time of an answer went, as the log and the ledger tell it. */
@Timeout(300)
class AnswerTimesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Pattern FIELD = Pattern.compile("(\\w+)=(\\d+)(?= |$)");

    /** Not that of the tests, which would be found first. */
    private static final List<String> PRODUCT_LOG = List.of("-Dlogback.configurationFile=logback.xml");

    /** What HTTP, JSON, the ledger and the socket take of a request, beside what the engine does for it. */
    private static final long OUTSIDE_MS = 60;

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        gufo = RunningGufo.startWith(PRODUCT_LOG, dataDir, "--parallel", "2");
        line("warm", "Hi", 4, false);
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    @Test
    void aLongPromptOnAnIdleServerIsPrefillAndNotQueue() throws IOException, InterruptedException {
        Map<String, Long> line = line("long", "The owl sees the fox. ".repeat(200), 8, false);
        assertThat(line.get("prompt_tokens")).isGreaterThan(512L); // several steps
        assertThat(line.get("queue_ms")).isLessThan(line.get("prefill_ms"));
    }

    @Test
    void aPromptOfOneStepIsPrefillAndNotQueue() throws IOException, InterruptedException {
        Map<String, Long> line = line("short", "The crow sees the frog. ".repeat(50), 8, true);
        assertThat(line.get("prompt_tokens")).isBetween(200L, 512L);
        assertThat(line.get("queue_ms")).isLessThan(line.get("prefill_ms"));
    }

    @Test
    void theStagesTogetherAreTheWholeTime() throws IOException, InterruptedException {
        for (boolean stream : List.of(false, true)) {
            Map<String, Long> line = line("sum-" + stream, stream + " duck and a goat. ".repeat(120), 300, stream);
            long stages = line.get("queue_ms") + line.get("prefill_ms") + line.get("decode_ms");
            long total = line.get("total_ms");
            assertThat(stages).isLessThanOrEqualTo(total).isCloseTo(total, within(total / 20 + OUTSIDE_MS));
        }
    }

    /** The fields of the line that an answer leaves in the log. */
    private static Map<String, Long> line(String id, String content, int maxTokens, boolean stream)
            throws IOException, InterruptedException {
        var body = JSON.createObjectNode()
                .put("stream", stream)
                .put("max_tokens", maxTokens)
                .put("ignore_eos", true);
        body.putArray("messages").addObject().put("role", "user").put("content", id + ": " + content);
        int before = lines().size();
        assertThat(gufo.chat(body.toString()).statusCode()).isEqualTo(200);
        await().until(() -> lines().size() > before);
        return FIELD.matcher(lines().getLast())
                .results()
                .collect(Collectors.toMap(found -> found.group(1), found -> Long.parseLong(found.group(2))));
    }

    /** Those that are written whole: the last field is the total. */
    private static List<String> lines() throws IOException {
        return Files.readAllLines(dataDir.resolve("stderr.log")).stream()
                .filter(line -> line.contains("POST /v1/chat/completions 200") && line.contains("total_ms="))
                .toList();
    }
}
