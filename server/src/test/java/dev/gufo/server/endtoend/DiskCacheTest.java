package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server finds of prompts that another one computed before it, as a client sees it. */
@Timeout(300)
class DiskCacheTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dataDir;

    @TempDir
    private Path cacheDir;

    /** One answer, as far as it matters here. */
    private record Answer(int prompt, int cached) {}

    private RunningGufo start(String... more) throws IOException {
        List<String> options = new ArrayList<>(List.of(
                "--parallel",
                "1",
                "--cache-ram",
                "256MiB",
                "--cache-disk",
                "1GiB",
                "--cache-dir",
                cacheDir.toString()));
        options.addAll(List.of(more));
        return RunningGufo.start(dataDir, options.toArray(String[]::new));
    }

    private static ArrayNode conversation(int day) {
        ArrayNode messages = JSON.createArrayNode();
        String facts = IntStream.range(0, 120)
                .mapToObj(i -> "The owl is number %d.".formatted((i * 7 + day) % 90))
                .collect(Collectors.joining(" "));
        say(messages, "system", "Day %d. %s".formatted(day, facts));
        say(messages, "user", "Tell me of the owl.");
        return messages;
    }

    private static void say(ArrayNode messages, String role, String text) {
        messages.addObject().put("role", role).put("content", text);
    }

    private static Answer ask(RunningGufo gufo, ArrayNode messages) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode().put("temperature", 0).put("max_tokens", 8);
        body.set("messages", messages);
        HttpResponse<String> response = gufo.chat(body.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode json = JSON.readTree(response.body());
        say(messages, "assistant", json.at("/choices/0/message/content").asText());
        say(messages, "user", "And the fox?");
        return new Answer(
                json.at("/usage/prompt_tokens").asInt(),
                json.at("/usage/prompt_tokens_details/cached_tokens").asInt());
    }

    private long files() throws IOException {
        try (Stream<Path> all = Files.walk(cacheDir)) {
            return all.filter(file -> file.toString().endsWith(".kv")).count();
        }
    }

    @Test
    void conversationsGoOnAfterARestart() throws Exception {
        List<ArrayNode> conversations =
                IntStream.range(0, 3).mapToObj(DiskCacheTest::conversation).toList();
        for (int round = 0; round < 3; round++) {
            try (RunningGufo gufo = start()) {
                for (ArrayNode one : conversations) {
                    Answer answer = ask(gufo, one);
                    if (round > 0) {
                        assertThat(answer.cached()).isGreaterThanOrEqualTo(answer.prompt() * 9 / 10);
                    }
                }
                assertThat(gufo.stop()).isZero();
            }
        }
    }

    @Test
    void whatWasWrittenIsThereAfterAServerWasKilled() throws Exception {
        ArrayNode first = conversation(1);
        try (RunningGufo gufo = start()) {
            ask(gufo, first);
            ask(gufo, conversation(2)); // pushes out the first one
            await().atMost(Duration.ofMinutes(1)).until(() -> files() == 1);
            ProcessHandle worker = gufo.worker();
            gufo.process().destroyForcibly().waitFor();
            worker.onExit().join();
        }
        try (RunningGufo gufo = start()) {
            Answer answer = ask(gufo, first);
            assertThat(answer.cached()).isGreaterThanOrEqualTo(answer.prompt() * 9 / 10);
        }
    }
}
