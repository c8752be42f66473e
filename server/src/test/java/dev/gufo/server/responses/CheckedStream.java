package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A stream of a response, each of whose events is where it may be: numbers without gaps, one item open at a time, ids
 * the same from added to done, the deltas together the text that is told at the end.
 */
final class CheckedStream {
    private static final ObjectMapper JSON = new ObjectMapper();

    private enum State {
        START,
        CREATED,
        BETWEEN,
        IN_ITEM,
        TEXT_DONE,
        PART_DONE,
        ERROR,
        OVER
    }

    private final List<JsonNode> events = new ArrayList<>();
    private final List<JsonNode> items = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private State state = State.START;
    private String id = "";
    private JsonNode item = JSON.createObjectNode();
    private boolean part;
    private String text = "";
    private JsonNode response = JSON.createObjectNode();

    private CheckedStream() {}

    /** Checks the body of a stream from its first byte to its last. */
    static CheckedStream of(String body) {
        var stream = new CheckedStream();
        String[] blocks = body.strip().split("\n\n", -1);
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i].equals("data: [DONE]")) {
                assertThat(i).isEqualTo(blocks.length - 1);
                continue;
            }
            String[] lines = blocks[i].split("\n", -1);
            assertThat(lines).as(blocks[i]).hasSize(2);
            JsonNode event = read(lines[1].substring("data: ".length()));
            assertThat(lines[0]).isEqualTo("event: " + event.path("type").asText());
            stream.take(event);
        }
        assertThat(stream.state).isEqualTo(State.OVER);
        return stream;
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }

    /** The response at the end. */
    JsonNode response() {
        return response;
    }

    List<JsonNode> events() {
        return events;
    }

    List<String> types() {
        return events.stream().map(event -> event.get("type").textValue()).toList();
    }

    private void take(JsonNode event) {
        ResponseShape.event(event);
        assertThat(event.get("sequence_number").intValue()).isEqualTo(events.size());
        events.add(event);
        String type = event.get("type").textValue();
        if (event.has("response")) {
            state(event);
            return;
        }
        switch (type) {
            case "error" -> {
                assertThat(state).isNotIn(State.START, State.CREATED, State.ERROR, State.OVER);
                state = State.ERROR;
            }
            case "response.output_item.added" -> {
                require(State.BETWEEN, event);
                item = event.get("item");
                assertThat(event.get("output_index").intValue()).isEqualTo(items.size());
                assertThat(ids.add(item.get("id").textValue())).isTrue();
                assertThat(item.get("status").textValue()).isEqualTo("in_progress");
                part = item.has("content");
                text = "";
                state = part ? State.TEXT_DONE : State.IN_ITEM; // a part has to begin first
            }
            case "response.content_part.added" -> {
                requireSame(State.TEXT_DONE, event);
                assertThat(event.at("/part/text").textValue()).isEmpty();
                assertThat(text).isEmpty();
                state = State.IN_ITEM;
            }
            case "response.content_part.done" -> {
                requireSame(State.TEXT_DONE, event);
                assertThat(event.at("/part/text").textValue()).isEqualTo(text);
                state = State.PART_DONE;
            }
            case "response.output_item.done" -> {
                require(part ? State.PART_DONE : State.TEXT_DONE, event);
                JsonNode done = event.get("item");
                assertThat(done.get("id")).isEqualTo(item.get("id"));
                assertThat(done.get("type")).isEqualTo(item.get("type"));
                assertThat(done.get("call_id")).isEqualTo(item.get("call_id"));
                assertThat(textOf(done)).isEqualTo(text);
                assertThat(done.get("status").textValue()).isNotEqualTo("in_progress");
                items.add(done);
                state = State.BETWEEN;
            }
            default -> {
                assertThat(type)
                        .startsWith(
                                switch (item.get("type").textValue()) {
                                    case "message" -> "response.output_text.";
                                    case "reasoning" -> "response.reasoning_text.";
                                    case "function_call" -> "response.function_call_arguments.";
                                    default -> "response.custom_tool_call_input.";
                                });
                requireSame(State.IN_ITEM, event);
                if (type.endsWith(".delta")) {
                    assertThat(event.get("delta").textValue()).isNotEmpty();
                    text += event.get("delta").textValue();
                } else {
                    assertThat(
                                    event.has("text")
                                            ? event.get("text").textValue()
                                            : event.has("input")
                                                    ? event.get("input").textValue()
                                                    : event.get("arguments").textValue())
                            .isEqualTo(text);
                    state = State.TEXT_DONE;
                }
            }
        }
    }

    private void state(JsonNode event) {
        String type = event.get("type").textValue();
        response = event.get("response");
        String name = response.get("id").textValue();
        switch (type) {
            case "response.created" -> {
                require(State.START, event);
                id = name;
                state = State.CREATED;
            }
            case "response.queued" -> require(State.CREATED, event);
            case "response.in_progress" -> {
                assertThat(state).isNotIn(State.START, State.ERROR, State.OVER);
                state = state == State.CREATED ? State.BETWEEN : state;
                List<JsonNode> output = all("output");
                assertThat(output.subList(0, items.size())).isEqualTo(items);
                if (state != State.BETWEEN) {
                    assertThat(output).hasSize(items.size() + 1);
                    assertThat(textOf(output.getLast())).isEqualTo(text);
                }
            }
            default -> {
                require(type.equals("response.failed") ? State.ERROR : State.BETWEEN, event);
                List<JsonNode> output = all("output");
                assertThat(type.equals("response.failed") ? output.subList(0, items.size()) : output)
                        .isEqualTo(items);
                state = State.OVER;
            }
        }
        assertThat(name).isEqualTo(id);
        String status = response.get("status").textValue();
        if (type.equals("response.created")) {
            assertThat(status).isIn("in_progress", "queued");
        } else if (!status.equals("cancelled")) {
            assertThat(type).isEqualTo("response." + status);
        } else {
            assertThat(type).isEqualTo("response.incomplete"); // OpenAI has no event for it
        }
        assertThat(response.get("usage").isNull())
                .isEqualTo(
                        List.of("queued", "in_progress", "failed", "cancelled").contains(status));
        assertThat(response.get("completed_at").isNull()).isEqualTo(!status.equals("completed"));
        assertThat(response.get("error").isNull()).isEqualTo(!status.equals("failed"));
        assertThat(response.get("incomplete_details").isNull()).isEqualTo(!status.equals("incomplete"));
    }

    private List<JsonNode> all(String array) {
        var all = new ArrayList<JsonNode>();
        response.get(array).forEach(all::add);
        return all;
    }

    private void require(State expected, JsonNode event) {
        assertThat(state).as(event.toString()).isEqualTo(expected);
    }

    private void requireSame(State expected, JsonNode event) {
        require(expected, event);
        assertThat(event.get("item_id")).isEqualTo(item.get("id"));
        assertThat(event.get("output_index").intValue()).isEqualTo(items.size());
        if (event.has("content_index")) {
            assertThat(event.get("content_index").intValue()).isZero();
        }
    }

    private static String textOf(JsonNode item) {
        return switch (item.get("type").textValue()) {
            case "function_call" -> item.get("arguments").textValue();
            case "custom_tool_call" -> item.get("input").textValue();
            default -> item.at("/content/0/text").asText("");
        };
    }
}
