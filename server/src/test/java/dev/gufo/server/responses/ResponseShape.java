package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether objects have every field that clients require, with its type. */
final class ResponseShape {
    private static final Map<String, String> RESPONSE = fields("""
            id s, object s, created_at n, completed_at n?, status s, incomplete_details o?, model s, previous_response_id s?,
            instructions s?, output a, error o?, tools a, tool_choice so, truncation s, parallel_tool_calls b, text o, top_p n,
            presence_penalty n, frequency_penalty n, top_logprobs n, temperature n, reasoning o?, user s?, usage o?,
            max_output_tokens n?, max_tool_calls n?, store b, background b, service_tier s, metadata o, safety_identifier s?,
            prompt_cache_key s?, prompt_cache_retention s?, conversation o?""");

    private static final Map<String, Map<String, String>> ITEMS = Map.of(
            "message", fields("id s, type s, status s, role s, content a"),
            "reasoning", fields("id s, type s, status s, summary a, content a"),
            "function_call", fields("id s, type s, status s, call_id s, name s, arguments s"),
            "custom_tool_call", fields("id s, type s, status s, call_id s, name s, input s"));

    private static final Map<String, Map<String, String>> EVENTS = Map.ofEntries(
            Map.entry("response.created", fields("response o")),
            Map.entry("response.queued", fields("response o")),
            Map.entry("response.in_progress", fields("response o")),
            Map.entry("response.completed", fields("response o")),
            Map.entry("response.incomplete", fields("response o")),
            Map.entry("response.failed", fields("response o")),
            Map.entry("error", fields("code s?, message s, param s?, error o")),
            Map.entry("response.output_item.added", fields("output_index n, item o")),
            Map.entry("response.output_item.done", fields("output_index n, item o")),
            Map.entry("response.content_part.added", fields("item_id s, output_index n, content_index n, part o")),
            Map.entry("response.content_part.done", fields("item_id s, output_index n, content_index n, part o")),
            Map.entry(
                    "response.output_text.delta",
                    fields("item_id s, output_index n, content_index n, delta s, logprobs a")),
            Map.entry(
                    "response.output_text.done",
                    fields("item_id s, output_index n, content_index n, text s, logprobs a")),
            Map.entry("response.reasoning_text.delta", fields("item_id s, output_index n, content_index n, delta s")),
            Map.entry("response.reasoning_text.done", fields("item_id s, output_index n, content_index n, text s")),
            Map.entry("response.function_call_arguments.delta", fields("item_id s, output_index n, delta s")),
            Map.entry(
                    "response.function_call_arguments.done", fields("item_id s, output_index n, name s, arguments s")),
            Map.entry("response.custom_tool_call_input.delta", fields("item_id s, output_index n, delta s")),
            Map.entry("response.custom_tool_call_input.done", fields("item_id s, output_index n, input s")));

    private static final Map<String, Map<String, String>> PARTS = Map.of(
            "output_text", fields("type s, text s, annotations a, logprobs a"),
            "reasoning_text", fields("type s, text s"));

    private ResponseShape() {}

    private static Map<String, String> fields(String list) {
        return Arrays.stream(list.split(",\\s*", -1))
                .map(field -> field.strip().split(" ", -1))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    static void response(JsonNode response) {
        has(response, RESPONSE);
        assertThat(response.get("object").textValue()).isEqualTo("response");
        assertThat(response.get("status").textValue())
                .isIn("queued", "in_progress", "completed", "incomplete", "failed", "cancelled");
        response.get("output").forEach(ResponseShape::item);
        assertThat(response.at("/text/format/type").isTextual()).isTrue();
        if (response.get("usage").isObject()) {
            has(
                    response.get("usage"),
                    fields(
                            "input_tokens n, input_tokens_details o, output_tokens n, output_tokens_details o, total_tokens n"));
            has(response.at("/usage/input_tokens_details"), fields("cached_tokens n, cache_write_tokens n"));
            has(response.at("/usage/output_tokens_details"), fields("reasoning_tokens n"));
        }
        response.get("tools").forEach(tool -> {
            if (tool.get("type").textValue().equals("function")) {
                has(tool, fields("name s, description s?, parameters o?, strict b?"));
            }
        });
    }

    static void item(JsonNode item) {
        Map<String, String> fields = ITEMS.get(item.path("type").asText());
        assertThat(fields).as(item.toString()).isNotNull();
        has(item, fields);
        assertThat(item.get("status").textValue()).isIn("in_progress", "completed", "incomplete");
        item.path("content").forEach(ResponseShape::part);
    }

    static void part(JsonNode part) {
        has(part, PARTS.get(part.path("type").asText()));
    }

    static void event(JsonNode event) {
        Map<String, String> fields = EVENTS.get(event.path("type").asText());
        assertThat(fields).as(event.toString()).isNotNull();
        has(event, fields);
        assertThat(event.path("sequence_number").isIntegralNumber()).isTrue();
        Set<String> all = Set.of("type", "sequence_number");
        event.fieldNames()
                .forEachRemaining(name -> assertThat(fields.containsKey(name) || all.contains(name))
                        .as("%s of %s", name, event)
                        .isTrue());
        if (event.has("response")) {
            response(event.get("response"));
        }
        if (event.has("item")) {
            item(event.get("item"));
        }
        if (event.has("part")) {
            part(event.get("part"));
        }
    }

    private static void has(JsonNode object, Map<String, String> fields) {
        fields.forEach((name, kinds) -> {
            assertThat(object.has(name)).as("%s in %s", name, object).isTrue();
            List<JsonNodeType> types = kinds.chars()
                    .mapToObj(kind -> switch (kind) {
                        case 's' -> JsonNodeType.STRING;
                        case 'n' -> JsonNodeType.NUMBER;
                        case 'b' -> JsonNodeType.BOOLEAN;
                        case 'o' -> JsonNodeType.OBJECT;
                        case 'a' -> JsonNodeType.ARRAY;
                        default -> JsonNodeType.NULL;
                    })
                    .toList();
            assertThat(object.get(name).getNodeType())
                    .as("%s in %s", name, object)
                    .isIn(types);
        });
    }
}
