package dev.gufo.server.messages;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ToolDefinition;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request says about tools.
 *
 * @param use which the model is shown, and which it may or must call
 * @param leftOut types of those that can't be served: tools of Anthropic's own have a type, with a version in it
 * @param marksCache whether one of them asks to be cached
 */
record MessagesTools(ToolUse use, List<String> leftOut, boolean marksCache) {
    /**
     * Reads {@code tools} and {@code tool_choice}.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static MessagesTools read(Fields request) {
        Optional<JsonNode> array = request.array("tools", Turn.MAX_TOOLS);
        var tools = new ArrayList<ToolDefinition>();
        var leftOut = new ArrayList<String>();
        boolean marked = false;
        for (int i = 0; array.isPresent() && i < array.get().size(); i++) {
            Fields tool = Fields.element(array.get(), i, "tools");
            String type = tool.text("type").orElse("custom");
            marked |= BlockReader.isMarked(tool);
            if (type.equals("custom")) {
                tools.add(ToolDefinition.of(asFunction(tool)));
            } else {
                leftOut.add(type);
            }
        }
        return new MessagesTools(use(request.object("tool_choice"), tools, !leftOut.isEmpty()), leftOut, marked);
    }

    /** As chat requests have it, with the fields in the order in which its clients write them. */
    private static Map<String, Object> asFunction(Fields tool) {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", tool.text("name").orElseThrow(() -> Fields.missing(tool.at("name"))));
        tool.text("description").ifPresent(text -> function.put("description", text));
        tool.object("input_schema").ifPresent(schema -> function.put("parameters", Fields.plainValue(schema.node())));
        tool.flag("strict").filter(strict -> strict).ifPresent(strict -> function.put("strict", strict));
        var definition = new LinkedHashMap<String, Object>();
        definition.put("type", "function");
        definition.put("function", function);
        return definition;
    }

    /** @param others whether there are tools that were left out, which a client may have meant */
    private static ToolUse use(Optional<Fields> choice, List<ToolDefinition> tools, boolean others) {
        if (choice.isEmpty()) {
            return new ToolUse(tools, tools, false, true);
        }
        Fields chosen = choice.get();
        boolean parallel = !chosen.flag("disable_parallel_tool_use").orElse(false);
        return switch (chosen.text("type").orElse("")) {
            case "auto" -> new ToolUse(tools, tools, false, parallel);
            case "none" -> new ToolUse(List.of(), List.of(), false, parallel);
            case "any" -> {
                if (tools.isEmpty() && !others) {
                    throw ApiException.invalid("tool_choice", "'tool_choice' asks for a call, but there are no tools.");
                }
                yield new ToolUse(tools, tools, !tools.isEmpty(), parallel);
            }
            case "tool" -> {
                String name = chosen.text("name").orElseThrow(() -> Fields.missing(chosen.at("name")));
                ToolDefinition named = tools.stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> ApiException.invalid(
                                chosen.at("name"), "'tools' has no tool '%s' that can be called.".formatted(name)));
                yield new ToolUse(tools, List.of(named), true, false);
            }
            default ->
                throw ApiException.invalid(
                        "tool_choice.type", "'tool_choice.type' must be 'auto', 'any', 'tool' or 'none'.");
        };
    }
}
