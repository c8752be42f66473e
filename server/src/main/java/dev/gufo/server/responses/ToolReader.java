package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.chat.ToolDefinition;
import dev.gufo.grammar.strings.LarkPattern;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}. A function of a namespace has its own name
 * for the model, where no other tool has that; a custom tool is a function with one string. Tools that a hosted service
 * would carry out are left out: agents name them in every request, whether the server has them or not.
 */
final class ToolReader {
    private static final Map<String, Object> NO_PARAMETERS = Map.of("type", "object", "properties", Map.of());

    private record Tool(
            CallTarget target, String description, Object parameters, Object shown, boolean strict, boolean given) {}

    private final List<Tool> tools = new ArrayList<>();
    private final ArrayNode served = JsonNodeFactory.instance.arrayNode();
    private final List<String> leftOut = new ArrayList<>();
    /** By the model's name, in the order of the request. */
    private final Map<String, ToolDefinition> definitions = new LinkedHashMap<>();

    private final Map<String, CallTarget> targets = new LinkedHashMap<>();

    private ToolReader() {}

    /** @throws ApiException with the path of the first field that is wrong */
    static ResponseTools read(Fields request) {
        var reader = new ToolReader();
        request.array("tools", Turn.MAX_TOOLS).ifPresent(array -> {
            for (int i = 0; i < array.size(); i++) {
                reader.tool(Fields.element(array, i, "tools"));
            }
        });
        reader.name();
        boolean parallel = request.flag("parallel_tool_calls").orElse(true);
        return new ResponseTools(
                reader.choose(request.any("tool_choice").orElse(null), parallel),
                reader.targets,
                reader.served,
                reader.leftOut);
    }

    private void tool(Fields tool) {
        String type = required(tool.text("type"), tool.at("type"));
        switch (type) {
            case "function" -> {
                tools.add(function(tool, ""));
                ObjectNode echo = ((ObjectNode) tool.node()).deepCopy();
                for (String name : List.of("description", "parameters", "strict")) {
                    if (!echo.has(name)) {
                        echo.putNull(name);
                    }
                }
                served.add(echo);
            }
            case "custom" -> {
                tools.add(custom(tool, ""));
                served.add(tool.node());
            }
            case "namespace" -> namespace(tool);
            default -> leftOut.add(type);
        }
        if (tools.size() > Turn.MAX_TOOLS) {
            throw ApiException.invalid(
                    "tools", "'tools' must have at most %d functions in all.".formatted(Turn.MAX_TOOLS));
        }
    }

    private void namespace(Fields namespace) {
        String name = required(namespace.text("name"), namespace.at("name"));
        JsonNode members =
                namespace.array("tools", Turn.MAX_TOOLS).orElseThrow(() -> Fields.missing(namespace.at("tools")));
        int before = tools.size();
        for (int i = 0; i < members.size(); i++) {
            Fields member = Fields.element(members, i, namespace.at("tools"));
            String type = member.text("type").orElse("function");
            switch (type) {
                case "function" -> tools.add(function(member, name));
                case "custom" -> tools.add(custom(member, name));
                default -> leftOut.add(type);
            }
        }
        if (tools.size() > before) {
            served.add(namespace.node());
        }
    }

    private static Tool function(Fields tool, String namespace) {
        String name = required(tool.text("name"), tool.at("name"));
        Optional<JsonNode> parameters = tool.any("parameters");
        parameters.filter(schema -> !schema.isObject() && !schema.isBoolean()).ifPresent(schema -> {
            throw Fields.wrong(tool.at("parameters"), "a JSON schema, which is an object", schema);
        });
        Object schema = parameters.map(Fields::plainValue).orElse(NO_PARAMETERS);
        return new Tool(
                new CallTarget(false, name, namespace),
                tool.text("description").orElse(""),
                schema,
                schema,
                tool.flag("strict").orElse(false),
                parameters.isPresent());
    }

    /** A function whose only argument is the text; a grammar for the text becomes a pattern, if it can. */
    private Tool custom(Fields tool, String namespace) {
        String name = required(tool.text("name"), tool.at("name"));
        var input = new LinkedHashMap<String, Object>();
        input.put("type", "string");
        Optional<String> pattern = Optional.empty();
        Optional<Fields> format = tool.object("format");
        if (format.isPresent() && format.get().text("type").orElse("text").equals("grammar")) {
            Fields grammar = format.get().object("grammar").orElse(format.get());
            String syntax = required(grammar.text("syntax"), grammar.at("syntax"));
            String definition = required(grammar.text("definition"), grammar.at("definition"));
            input.put("description", "Text that this %s grammar allows:\n%s".formatted(syntax, definition));
            pattern = pattern(syntax, definition);
            if (pattern.isEmpty()) {
                leftOut.add(name + " (grammar)");
            }
        }
        var enforced = new LinkedHashMap<>(input);
        pattern.ifPresent(text -> enforced.put("pattern", text));
        return new Tool(
                new CallTarget(true, name, namespace),
                tool.text("description").orElse(""),
                schema(enforced),
                schema(input),
                false,
                true);
    }

    private static Optional<String> pattern(String syntax, String definition) {
        try {
            return switch (syntax) {
                case "regex" -> Optional.of("^(?:" + definition + ")$");
                case "lark" -> Optional.of("^(?:" + LarkPattern.of(definition) + ")$");
                default -> Optional.empty();
            };
        } catch (PatternException notRegular) {
            return Optional.empty();
        }
    }

    private static Map<String, Object> schema(Map<String, Object> input) {
        var schema = new LinkedHashMap<String, Object>();
        schema.put("type", "object");
        schema.put("properties", Map.of(CallTarget.INPUT, input));
        schema.put("required", List.of(CallTarget.INPUT));
        schema.put("additionalProperties", false);
        return schema;
    }

    /** Gives every tool the name that the model calls it by. */
    private void name() {
        for (Tool tool : tools) {
            CallTarget target = tool.target();
            boolean alone = tools.stream()
                            .filter(other -> other.target().name().equals(target.name()))
                            .count()
                    == 1;
            String name =
                    alone || target.namespace().isEmpty() ? target.name() : target.namespace() + "__" + target.name();
            while (definitions.containsKey(name)) {
                name += "_";
            }
            targets.put(name, target);
            definitions.put(name, definition(name, tool));
        }
    }

    /** As chat requests have it, so that the same tools make the same prompt. */
    private static ToolDefinition definition(String name, Tool tool) {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", name);
        if (!tool.description().isEmpty()) {
            function.put("description", tool.description());
        }
        if (tool.given()) {
            function.put("parameters", tool.shown());
        }
        if (tool.strict()) {
            function.put("strict", true);
        }
        var shown = new LinkedHashMap<String, Object>();
        shown.put("type", "function");
        shown.put("function", function);
        return new ToolDefinition(name, tool.description(), tool.parameters(), shown);
    }

    private ToolUse choose(@Nullable JsonNode choice, boolean parallel) {
        List<ToolDefinition> all = List.copyOf(definitions.values());
        return switch (choice) {
            case null -> new ToolUse(all, all, false, parallel);
            case JsonNode object when object.isObject() -> chosen(new Fields(object, "tool_choice"), all, parallel);
            default ->
                switch (choice.asText()) {
                    case "none" -> new ToolUse(List.of(), List.of(), false, parallel);
                    case "auto" -> new ToolUse(all, all, false, parallel);
                    case "required" -> new ToolUse(all, requireSome(all), true, parallel);
                    default ->
                        throw Fields.wrong(
                                "tool_choice", "'none', 'auto', 'required' or an object that names a tool", choice);
                };
        };
    }

    private ToolUse chosen(Fields choice, List<ToolDefinition> all, boolean parallel) {
        String type = required(choice.text("type"), choice.at("type"));
        return switch (type) {
            case "function", "custom" -> new ToolUse(all, List.of(named(choice)), true, false);
            case "allowed_tools" -> {
                boolean must = choice.text("mode").orElse("auto").equals("required");
                JsonNode names =
                        choice.array("tools", Turn.MAX_TOOLS).orElseThrow(() -> Fields.missing(choice.at("tools")));
                var callable = new ArrayList<ToolDefinition>();
                for (int i = 0; i < names.size(); i++) {
                    allow(Fields.element(names, i, choice.at("tools")), callable);
                }
                yield new ToolUse(all, must ? requireSome(callable) : callable, must, parallel);
            }
            default ->
                throw ApiException.unsupported(
                        "tool_choice.type", "A 'tool_choice' of type '%s' is not supported.".formatted(type));
        };
    }

    private void allow(Fields tool, List<ToolDefinition> callable) {
        switch (tool.text("type").orElse("function")) {
            case "function", "custom" -> callable.add(named(tool));
            case "namespace" -> {
                String namespace = required(tool.text("name"), tool.at("name"));
                targets.forEach((name, target) -> {
                    if (target.namespace().equals(namespace)) {
                        callable.add(Objects.requireNonNull(definitions.get(name)));
                    }
                });
            }
            default -> {} // one that is left out
        }
    }

    private ToolDefinition named(Fields choice) {
        String name = required(choice.text("name"), choice.at("name"));
        Optional<String> namespace = choice.text("namespace");
        return targets.entrySet().stream()
                .filter(known -> known.getValue().name().equals(name)
                        && namespace.map(known.getValue().namespace()::equals).orElse(true))
                .findFirst()
                .map(known -> definitions.get(known.getKey()))
                .orElseThrow(
                        () -> ApiException.invalid(choice.at("name"), "'tools' has no tool '%s'.".formatted(name)));
    }

    private static List<ToolDefinition> requireSome(List<ToolDefinition> tools) {
        if (tools.isEmpty()) {
            throw ApiException.invalid("tool_choice", "'tool_choice' asks for a call, but there are no tools.");
        }
        return tools;
    }

    private static <T> T required(Optional<T> value, String path) {
        return value.orElseThrow(() -> Fields.missing(path));
    }
}
