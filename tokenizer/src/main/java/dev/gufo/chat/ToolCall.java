package dev.gufo.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A function that an assistant message calls.
 *
 * @param id by which a tool message answers it; {@code ""} if there is none
 * @param name of the function
 * @param arguments a {@link Map} if they are a JSON object, as templates expect them; else the text as it was given
 */
public record ToolCall(String id, String name, Object arguments) {
    Map<String, Object> variables() {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", name);
        function.put("arguments", arguments);
        var call = new LinkedHashMap<String, Object>();
        if (!id.isEmpty()) {
            call.put("id", id);
        }
        call.put("type", "function");
        call.put("function", function);
        return call;
    }
}
