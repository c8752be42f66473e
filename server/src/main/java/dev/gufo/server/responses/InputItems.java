package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.UnaryOperator;

/** Items of a request in the form in which they are kept and listed: each with an id, its text in parts. */
final class InputItems {
    private InputItems() {}

    /** A text of the user's. */
    static JsonNode of(String text) {
        return JsonNodeFactory.instance.objectNode().put("role", "user").put("content", text);
    }

    /** @param ids makes a new id that begins with a prefix */
    static StoredResponse.Item kept(JsonNode item, UnaryOperator<String> ids) {
        ObjectNode copy = item.deepCopy();
        String type = copy.path("type").asText("message");
        copy.put("type", type);
        if (!copy.path("id").isTextual()) {
            copy.put("id", ids.apply(prefix(type)));
        }
        if (type.equals("message")) {
            if (!copy.has("status")) {
                copy.put("status", "completed");
            }
            JsonNode content = copy.path("content");
            if (content.isTextual()) {
                boolean output = copy.path("role").asText().equals("assistant");
                ObjectNode part = copy.putArray("content").addObject();
                part.put("type", output ? "output_text" : "input_text").put("text", content.textValue());
                if (output) {
                    part.putArray("annotations");
                }
            }
        }
        return new StoredResponse.Item(copy.get("id").textValue(), copy.toString());
    }

    private static String prefix(String type) {
        return switch (type) {
            case "message" -> "msg_";
            case "reasoning" -> "rs_";
            case "function_call" -> "fc_";
            case "custom_tool_call" -> "ctc_";
            case "compaction" -> "cmp_";
            default -> "item_";
        };
    }
}
