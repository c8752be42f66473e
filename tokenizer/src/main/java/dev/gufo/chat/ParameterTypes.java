package dev.gufo.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which JSON a parameter's bare text stands for, by the schema of the tool. */
final class ParameterTypes {
    private static final int DEEPEST = 16;

    private ParameterTypes() {}

    /** The schema of a parameter, if the tool has one for it. */
    static Optional<Object> schema(ToolDefinition tool, String parameter) {
        return tool.parameters() instanceof Map<?, ?> schema && schema.get("properties") instanceof Map<?, ?> properties
                ? Optional.ofNullable(properties.get(parameter))
                : Optional.empty();
    }

    /** The JSON of a value that was written as {@code text}: a string where only strings are allowed or where it is no JSON of an allowed type. */
    static String json(ToolDefinition tool, String parameter, String text) {
        Set<String> types = schema(tool, parameter)
                .map(schema -> types(schema, tool.parameters(), 0))
                .orElse(Set.of());
        if (!types.equals(Set.of("string"))) {
            String trimmed = text.strip();
            Optional<JsonNode> parsed = PlainJson.parse(trimmed);
            if (parsed.isPresent() && (types.isEmpty() || allows(types, parsed.get()))) {
                return trimmed;
            }
        }
        return PlainJson.text(text);
    }

    /** Whether a value of this schema is written as bare text. */
    static boolean isText(Object schema, Object root) {
        return types(schema, root, 0).contains("string");
    }

    /** A parameter's schema as one that stands for itself: with the definitions it may refer to. */
    static Object alone(Object schema, Map<?, ?> root) {
        if (!(schema instanceof Map<?, ?> map)) {
            return schema;
        }
        var alone = new LinkedHashMap<Object, Object>(map);
        for (String definitions : List.of("$defs", "definitions")) {
            if (root.containsKey(definitions)) {
                alone.putIfAbsent(definitions, root.get(definitions));
            }
        }
        return alone;
    }

    /** The types that a schema allows; empty if it says nothing about them. */
    private static Set<String> types(Object schema, Object root, int depth) {
        var types = new HashSet<String>();
        if (!(schema instanceof Map<?, ?> map) || depth > DEEPEST) {
            return types;
        }
        if (map.get("type") instanceof String type) {
            types.add(type);
        } else if (map.get("type") instanceof List<?> several) {
            several.forEach(type -> types.add(String.valueOf(type)));
        } else if (map.get("enum") instanceof List<?> values) {
            values.forEach(value -> types.add(typeOf(value)));
        } else if (map.containsKey("const")) {
            types.add(typeOf(map.get("const")));
        } else if (map.get("$ref") instanceof String reference) {
            types.addAll(types(resolve(reference, root), root, depth + 1));
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (types.isEmpty() && map.get(keyword) instanceof List<?> branches) {
                branches.forEach(branch -> types.addAll(types(branch, root, depth + 1)));
            }
        }
        if (!types.isEmpty() && Boolean.TRUE.equals(map.get("nullable"))) {
            types.add("null");
        }
        return types;
    }

    private static Object resolve(String reference, Object root) {
        Object found = root;
        if (!reference.startsWith("#")) {
            return Map.of();
        }
        for (String step : reference.substring(1).split("/", -1)) {
            String key = step.replace("~1", "/").replace("~0", "~");
            found = step.isEmpty() ? found : found instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return found == null ? Map.of() : found;
    }

    private static boolean allows(Set<String> types, JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> types.contains("string");
            case NUMBER -> types.contains("number") || types.contains("integer");
            case BOOLEAN -> types.contains("boolean");
            case NULL -> types.contains("null");
            case ARRAY -> types.contains("array");
            case OBJECT -> types.contains("object");
            default -> false;
        };
    }

    private static String typeOf(Object value) {
        return switch (value) {
            case null -> "null";
            case String _ -> "string";
            case Boolean _ -> "boolean";
            case Number _ -> "number";
            case List<?> _ -> "array";
            default -> "object";
        };
    }
}
