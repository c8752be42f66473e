package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A dialogue that has come through one API is in the cache for the others. */
@Timeout(300)
class OneCacheEntryTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}";

    /** A way in, with the places of prompt and cached tokens in its answer. */
    private record Face(String path, String body) {}

    @Test
    void itIsComputedOnce(@TempDir Path dataDir) throws Exception {
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--parallel", "1")) {
            int number = 0;
            for (int one = 0; one < 3; one++) {
                for (int other = 0; other < 3; other++) {
                    number++;
                    List<Face> faces =
                            faces("Dialogue %d begins here: what is the weather in Rome? 🦉".formatted(number));
                    int prompt = used(gufo, faces.get(one))[0];
                    int[] again = used(gufo, faces.get(other));
                    assertThat(again[0]).isEqualTo(prompt);
                    assertThat(again[1])
                            .as(
                                    "%s after %s",
                                    faces.get(other).path(), faces.get(one).path())
                            .isEqualTo(prompt - 1);
                }
            }
        }
    }

    /** Prompt tokens, and of those the cached ones. */
    private static int[] used(RunningGufo gufo, Face face) throws IOException, InterruptedException {
        HttpResponse<String> response = gufo.post(face.path(), face.body());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode usage = JSON.readTree(response.body()).get("usage");
        if (face.path().endsWith("messages")) {
            int cached = usage.get("cache_read_input_tokens").intValue();
            return new int[] {usage.get("input_tokens").intValue() + cached, cached};
        }
        return usage.has("prompt_tokens")
                ? new int[] {
                    usage.get("prompt_tokens").intValue(),
                    usage.at("/prompt_tokens_details/cached_tokens").intValue()
                }
                : new int[] {
                    usage.get("input_tokens").intValue(),
                    usage.at("/input_tokens_details/cached_tokens").intValue()
                };
    }

    private static List<Face> faces(String question) {
        return List.of(
                new Face("/v1/chat/completions", """
                        {"max_tokens": 2, "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "%s"},
                         {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
                          "function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Rome\\"}"}}]},
                         {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"}],
                         "tools": [{"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": %s}}]}""".formatted(question, SCHEMA)),
                new Face("/v1/messages", """
                        {"max_tokens": 2, "system": "Be brief.", "messages": [{"role": "user", "content": "%s"},
                         {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Rome"}}]},
                         {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "21 degrees"}]}],
                         "tools": [{"name": "get_weather", "description": "Weather", "input_schema": %s}]}""".formatted(question, SCHEMA)),
                new Face("/v1/responses", """
                        {"max_output_tokens": 2, "instructions": "Be brief.", "input": [{"role": "user", "content": "%s"},
                         {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{\\"city\\": \\"Rome\\"}"},
                         {"type": "function_call_output", "call_id": "call_1", "output": "21 degrees"}],
                         "tools": [{"type": "function", "name": "get_weather", "description": "Weather", "parameters": %s}]}""".formatted(question, SCHEMA)));
    }
}
