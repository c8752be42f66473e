package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an answer tells of how it came about. */
@Timeout(300)
class TimingsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dataDir;

    private RunningGufo start(String cacheRam) throws IOException {
        return RunningGufo.start(dataDir, "--parallel", "1", "--cache-ram", cacheRam);
    }

    private static String facts(int seed) {
        return IntStream.range(0, 30)
                .mapToObj(i -> "The owl is number %d.".formatted((i * 7 + seed) % 90))
                .collect(Collectors.joining(" "));
    }

    private static ArrayNode conversation(int seed, int messages) {
        ArrayNode all = JSON.createArrayNode();
        all.addObject().put("role", "system").put("content", facts(seed));
        for (int i = 1; i < messages; i++) {
            all.addObject()
                    .put("role", i % 2 == 1 ? "user" : "assistant")
                    .put("content", "%s And grüße, 🦉 %d.".formatted(facts(i), i));
        }
        return all;
    }

    private static ObjectNode body(ArrayNode messages) {
        ObjectNode body = JSON.createObjectNode()
                .put("temperature", 0)
                .put("max_tokens", 4)
                .put("timings", true);
        body.set("messages", messages);
        return body;
    }

    private static JsonNode answer(RunningGufo gufo, ObjectNode body) throws IOException, InterruptedException {
        HttpResponse<String> response = gufo.chat(body.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("Server-Timing").orElseThrow())
                .matches(
                        "queue;dur=[\\d.]+, load;dur=[\\d.]+, prefill;dur=[\\d.]+, decode;dur=[\\d.]+, cache;desc=\".*\"");
        return JSON.readTree(response.body());
    }

    @Test
    void theMessageThatWasChangedIsNamed() throws Exception {
        try (RunningGufo gufo = start("0")) {
            for (int k = 0; k < 6; k++) {
                ArrayNode messages = conversation(1, 6);
                answer(gufo, body(messages));
                ObjectNode changed = (ObjectNode) messages.get(k);
                String content = changed.get("content").asText();
                changed.put("content", content.replace("number 3", "number 1"));
                assertThat(changed.get("content").asText()).isNotEqualTo(content);
                JsonNode answer = answer(gufo, body(messages));
                JsonNode stop = answer.at("/timings/cache_stop");
                assertThat(stop.get("message").asInt(-1)).as(answer.toString()).isEqualTo(k);
                assertThat(stop.get("reason").asText()).isEqualTo("different text");
                assertThat(stop.get("token").asInt())
                        .isEqualTo(answer.at("/usage/prompt_tokens_details/cached_tokens")
                                .asInt())
                        .isEqualTo(answer.at("/timings/cached_tokens/slot").asInt());
            }
        }
    }

    @Test
    void theReasonIsTold() throws Exception {
        try (RunningGufo gufo = start("0")) {
            ArrayNode first = conversation(1, 4);
            assertThat(answer(gufo, body(first))
                            .at("/timings/cache_stop/reason")
                            .asText())
                    .isEqualTo("nothing kept");
            assertThat(answer(gufo, body(first)).at("/timings/cache_stop").isNull())
                    .isTrue();
            answer(gufo, body(conversation(40, 4)));
            assertThat(answer(gufo, body(first))
                            .at("/timings/cache_stop/reason")
                            .asText())
                    .isEqualTo("evicted");
            assertThat(answer(gufo, body(first).put("deterministic", true))
                            .at("/timings/cache_stop/reason")
                            .asText())
                    .isEqualTo("not used");
        }
    }

    @Test
    void theTierIsTold() throws Exception {
        try (RunningGufo gufo = start("256MiB")) {
            ArrayNode first = conversation(1, 4);
            answer(gufo, body(first));
            answer(gufo, body(conversation(40, 4)));
            JsonNode back = answer(gufo, body(first));
            assertThat(back.at("/timings/cached_tokens/memory").asInt())
                    .isEqualTo(back.at("/usage/prompt_tokens").asInt() - 1);
            assertThat(back.at("/timings/cached_tokens/slot").asInt()).isZero();
        }
    }

    @Test
    void aStreamTellsItInItsLastChunkAndOtherAnswersDoNot() throws Exception {
        try (RunningGufo gufo = start("0")) {
            ObjectNode body = body(conversation(1, 2)).put("stream", true);
            List<String> lines = gufo.stream(body.toString())
                    .body()
                    .filter(line -> line.startsWith("data: {"))
                    .toList();
            JsonNode last = JSON.readTree(lines.getLast().substring("data: ".length()));
            assertThat(last.get("choices").isEmpty()).isTrue();
            assertThat(last.has("usage")).isFalse();
            assertThat(last.at("/timings/prefill_ms").asDouble()).isPositive();
            assertThat(lines.subList(0, lines.size() - 1)).noneMatch(line -> line.contains("timings"));
            assertThat(answer(gufo, body.put("stream", false).put("timings", false))
                            .has("timings"))
                    .isFalse();
            JsonNode text = JSON.readTree(
                    gufo.post("/v1/completions", "{\"prompt\":\"Once upon a time\",\"max_tokens\":2,\"timings\":true}")
                            .body());
            assertThat(text.at("/timings/cache_stop/reason").asText()).isEqualTo("nothing kept");
            assertThat(text.at("/timings/cache_stop/message").isNull()).isTrue();
        }
    }
}
