package dev.gufo.server.messages;

import static dev.gufo.server.messages.MessagesClient.streamed;
import static dev.gufo.server.messages.MessagesClient.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a model writes, and wherever it is cut: every stream is in order, and adds up to what is answered whole. */
@Timeout(300)
class RandomRepliesHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEMPLATE = "{# <think> #}{% for m in messages %}[{{ m.role }}]{{ m.content or '' }}"
            + "{% for c in m.tool_calls or [] %}{% set f = c.function %}"
            + "<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>{% endfor %}{% endfor %}"
            + "[assistant]";
    private static final String[] PIECES = {
        "<think>",
        "</think>",
        "Hm 🦉. ",
        "ein Wort ",
        "\n",
        "<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": \"ü\\n\"}}</tool_call>",
        "<tool_call>{\"name\": \"stop\", \"arguments\": {}}</tool_call>",
        "<tool_call>",
        "</tool_call>",
        "{\"name\": \"add\", \"arguments\": ",
        "{\"a\": [1, {\"c\": null}]}",
        "STOP",
        "ST",
        "\uFFFD"
    };

    private static String reply(Random random) {
        var reply = new StringBuilder(random.nextBoolean() ? "<think>Two 🦉.</think>" : "");
        for (int i = 0; i < 5; i++) {
            reply.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return reply.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aStreamCutAnywhereAddsUpToTheWholeAnswer(int seed) throws Exception {
        byte[] reply = reply(new Random(seed)).getBytes(StandardCharsets.UTF_8);
        try (var server = new TestServer(new ScriptedEngine(8_192, TEMPLATE).answering(reply))) {
            for (int cut = 1; cut <= reply.length + 2; cut++) {
                String request = """
                        {"max_tokens": %d, "stop_sequences": ["STOP"], "thinking": {"type": "adaptive", "display": "%s"},
                         "tools": [{"name": "add", "input_schema": {"type": "object"}}, {"name": "stop"}],
                         "messages": [{"role": "user", "content": "Hi"}]}""".formatted(cut, seed % 2 == 0 ? "omitted" : "summarized");
                assertSame(streamed(server, request), whole(server, request));
            }
        }
    }

    private static void assertSame(JsonNode stream, JsonNode whole) {
        for (String field : new String[] {"type", "role", "model", "stop_reason", "stop_sequence", "usage"}) {
            assertThat(stream.path(field)).as(field).isEqualTo(whole.path(field));
        }
        assertThat(stream.path("content")).hasSameSizeAs(whole.path("content"));
        for (int i = 0; i < whole.path("content").size(); i++) {
            JsonNode one = stream.path("content").get(i);
            JsonNode other = whole.path("content").get(i);
            if (!other.path("type").textValue().equals("tool_use")) {
                assertThat(one).isEqualTo(other);
                continue;
            }
            assertThat(one.path("name")).isEqualTo(other.path("name"));
            assertThat(other.path("input").isObject()).isTrue();
            try {
                JsonNode pieces = JSON.readTree(one.path("input").textValue());
                if (pieces.isObject()) {
                    assertThat(pieces).isEqualTo(other.path("input"));
                }
            } catch (JsonProcessingException cutOff) {
                assertThat(whole.path("stop_reason").textValue()).isNotEqualTo("tool_use");
            }
        }
    }
}
