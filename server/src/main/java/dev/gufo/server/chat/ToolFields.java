package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ToolDefinition;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.List;

/** Reads what a chat request says about tools. */
final class ToolFields {
    private ToolFields() {}

    /**
     * Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static ToolUse read(Fields request) {
        List<ToolDefinition> tools =
                MessageReader.tools(request).stream().map(ToolDefinition::of).toList();
        boolean parallel = request.flag("parallel_tool_calls").orElse(true);
        JsonNode choice = request.any("tool_choice").orElse(null);
        return switch (choice) {
            case null -> new ToolUse(tools, tools, false, parallel);
            case JsonNode object when object.isObject() -> chosen(new Fields(object, "tool_choice"), tools, parallel);
            default ->
                switch (choice.asText()) {
                    case "none" -> new ToolUse(List.of(), List.of(), false, parallel);
                    case "auto" -> new ToolUse(tools, tools, false, parallel);
                    case "required" -> new ToolUse(tools, requireSome(tools), true, parallel);
                    default ->
                        throw Fields.wrong(
                                "tool_choice", "'none', 'auto', 'required' or an object that names a function", choice);
                };
        };
    }

    private static ToolUse chosen(Fields choice, List<ToolDefinition> tools, boolean parallel) {
        String type = choice.text("type").orElse("function");
        return switch (type) {
            case "function" -> new ToolUse(tools, List.of(named(choice, tools)), true, false);
            case "allowed_tools" -> {
                Fields allowed = choice.object("allowed_tools").orElse(choice);
                boolean required = allowed.text("mode").orElse("auto").equals("required");
                var callable = new ArrayList<ToolDefinition>();
                JsonNode names =
                        allowed.array("tools", Turn.MAX_TOOLS).orElseThrow(() -> Fields.missing(allowed.at("tools")));
                for (int i = 0; i < names.size(); i++) {
                    callable.add(named(Fields.element(names, i, allowed.at("tools")), tools));
                }
                yield new ToolUse(tools, requireSome(callable), required, parallel);
            }
            default ->
                throw ApiException.unsupported(
                        "tool_choice.type", "A 'tool_choice' of type '%s' is not supported.".formatted(type));
        };
    }

    private static ToolDefinition named(Fields choice, List<ToolDefinition> tools) {
        Fields function = choice.object("function").orElse(choice);
        String name = function.text("name").orElseThrow(() -> Fields.missing(function.at("name")));
        return tools.stream()
                .filter(tool -> tool.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        ApiException.invalid(function.at("name"), "'tools' has no function '%s'.".formatted(name)));
    }

    private static List<ToolDefinition> requireSome(List<ToolDefinition> tools) {
        if (tools.isEmpty()) {
            throw ApiException.invalid("tool_choice", "'tool_choice' asks for a call, but there are no tools.");
        }
        return tools;
    }
}
