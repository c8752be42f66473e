package dev.gufo.server.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the events of a message as a strict client would: every event where it belongs, one block open at a time, and
 * nothing behind the end.
 */
public final class StreamedMessage {
    private static final ObjectMapper JSON = new ObjectMapper();

    private enum State {
        BEFORE,
        BETWEEN,
        IN_BLOCK,
        TOLD,
        OVER
    }

    private State state = State.BEFORE;
    private ObjectNode message;
    private ObjectNode block;
    private final StringBuilder input = new StringBuilder();
    private boolean signed;
    private final Set<String> ids = new HashSet<>();
    private int pings;

    private StreamedMessage() {}

    /**
     * The message that a whole stream adds up to. The {@code input} of a call is the text of its pieces.
     *
     * @param body of the response
     */
    public static ObjectNode of(String body) {
        var reader = new StreamedMessage();
        events(body).forEach(reader::accept);
        assertThat(reader.state).as(body).isEqualTo(State.OVER);
        assertThat(reader.pings).as("pings").isPositive();
        return reader.message;
    }

    /** The data of all events, each of which stands under its name. */
    public static List<JsonNode> events(String body) {
        var events = new ArrayList<JsonNode>();
        for (String part : body.strip().split("\n\n", -1)) {
            List<String> lines = part.lines().toList();
            assertThat(lines).as(part).hasSize(2);
            assertThat(lines.get(0)).startsWith("event: ");
            assertThat(lines.get(1)).startsWith("data: {");
            JsonNode data = parsed(lines.get(1).substring("data: ".length()));
            assertThat(data.path("type").textValue()).isEqualTo(lines.get(0).substring("event: ".length()));
            events.add(data);
        }
        assertThat(body).endsWith("\n\n");
        return events;
    }

    private void accept(JsonNode event) {
        String type = event.path("type").textValue();
        switch (type) {
            case "ping" -> pings++;
            case "message_start" -> {
                require(State.BEFORE, event);
                message = event.path("message").deepCopy();
                assertThat(message.path("content")).isEmpty();
                assertThat(message.path("stop_reason").isNull()).isTrue();
                assertThat(message.at("/usage/input_tokens").isInt()).isTrue();
                state = State.BETWEEN;
            }
            case "content_block_start" -> {
                require(State.BETWEEN, event);
                assertThat(event.path("index").intValue()).isEqualTo(content().size());
                block = event.path("content_block").deepCopy();
                input.setLength(0);
                signed = false;
                if (block.path("type").textValue().equals("tool_use")) {
                    assertThat(block.path("input")).isEqualTo(JSON.createObjectNode());
                    assertThat(ids.add(block.path("id").textValue())).isTrue();
                }
                state = State.IN_BLOCK;
            }
            case "content_block_delta" -> {
                require(State.IN_BLOCK, event);
                assertThat(event.path("index").intValue()).isEqualTo(content().size());
                accept(event.path("delta"), block.path("type").textValue());
            }
            case "content_block_stop" -> {
                require(State.IN_BLOCK, event);
                assertThat(event.path("index").intValue()).isEqualTo(content().size());
                if (block.path("type").textValue().equals("tool_use")) {
                    block.put("input", input.toString());
                }
                assertThat(signed).isEqualTo(block.path("type").textValue().equals("thinking"));
                content().add(block);
                state = State.BETWEEN;
            }
            case "message_delta" -> {
                require(State.BETWEEN, event);
                message.setAll((ObjectNode) event.path("delta"));
                message.set("usage", event.path("usage"));
                if (event.has("context_management")) {
                    message.set("context_management", event.path("context_management"));
                }
                state = State.TOLD;
            }
            case "message_stop" -> {
                require(State.TOLD, event);
                state = State.OVER;
            }
            default -> throw new AssertionError("no event of a message: " + event);
        }
    }

    private void accept(JsonNode delta, String kind) {
        String type = delta.path("type").textValue();
        assertThat(signed).as("nothing stands behind the signature").isFalse();
        switch (type) {
            case "text_delta" -> append(kind, "text", "text", delta);
            case "thinking_delta" -> append(kind, "thinking", "thinking", delta);
            case "signature_delta" -> {
                append(kind, "thinking", "signature", delta);
                signed = true;
            }
            case "input_json_delta" -> {
                assertThat(kind).isEqualTo("tool_use");
                input.append(delta.path("partial_json").textValue());
            }
            default -> throw new AssertionError("no delta: " + delta);
        }
    }

    private void append(String kind, String expected, String field, JsonNode delta) {
        assertThat(kind).isEqualTo(expected);
        assertThat(delta.path(field).textValue()).isNotEmpty();
        block.put(field, block.path(field).textValue() + delta.path(field).textValue());
    }

    private ArrayNode content() {
        return (ArrayNode) message.path("content");
    }

    private void require(State expected, JsonNode event) {
        assertThat(state).as("before %s", event).isEqualTo(expected);
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (java.io.IOException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }
}
