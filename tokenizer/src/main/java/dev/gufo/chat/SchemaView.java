package dev.gufo.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the formats that don't write arguments as JSON need to know of a schema: types, parts and values. References are
 * followed within the tool's own schema.
 *
 * @param schema with its reference followed; an empty one if it is no object
 * @param root the tool's whole schema
 * @param depth how many schemas it stands within; recursive ones end at {@link #DEEPEST}
 */
record SchemaView(Map<?, ?> schema, Object root, int depth) {
    private static final int DEEPEST = 8;
    private static final Set<String> SCALARS = Set.of("string", "number", "integer", "boolean", "null");
    /** Keywords that narrow a string. */
    private static final Set<String> NARROWING = Set.of(
            "enum", "const", "pattern", "minLength", "maxLength", "format", "allOf", "anyOf", "oneOf", "not", "$ref");

    static SchemaView of(ToolDefinition tool) {
        return view(tool.parameters(), tool.parameters(), 0);
    }

    /** The schema of a property; one that says nothing if it has none. */
    SchemaView property(String name) {
        return schema.get("properties") instanceof Map<?, ?> properties && properties.containsKey(name)
                ? inner(properties.get(name))
                : new SchemaView(Map.of(), root, depth);
    }

    private static SchemaView view(@Nullable Object schema, Object root, int depth) {
        Object found = schema;
        for (int i = 0;
                i < DEEPEST && found instanceof Map<?, ?> map && map.get("$ref") instanceof String reference;
                i++) {
            found = resolve(reference, root);
        }
        return new SchemaView(found instanceof Map<?, ?> map ? map : Map.of(), root, depth);
    }

    private static @Nullable Object resolve(String reference, Object root) {
        Object found = reference.startsWith("#") ? root : null;
        for (String step : reference.substring(1).split("/", -1)) {
            String key = step.replace("~1", "/").replace("~0", "~");
            found = step.isEmpty() ? found : found instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return found;
    }

    private SchemaView inner(@Nullable Object part) {
        return depth < DEEPEST ? view(part, root, depth + 1) : new SchemaView(Map.of(), root, depth);
    }

    /** The properties by name, in their order. */
    Map<String, SchemaView> properties() {
        var views = new LinkedHashMap<String, SchemaView>();
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            properties.forEach((name, part) -> views.put(String.valueOf(name), inner(part)));
        }
        return Collections.unmodifiableMap(views);
    }

    boolean requires(String property) {
        return schema.get("required") instanceof List<?> names && names.contains(property);
    }

    /** Whether properties may stand there that it does not name. */
    boolean allowsMore() {
        return !Boolean.FALSE.equals(schema.get("additionalProperties")) && !schema.containsKey("properties");
    }

    /** What an array's elements are. */
    SchemaView items() {
        return inner(schema.get("items"));
    }

    /** The schemas of which one holds; empty if there is no choice. */
    List<SchemaView> alternatives() {
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (schema.get(keyword) instanceof List<?> branches) {
                return branches.stream().map(this::inner).toList();
            }
        }
        return List.of();
    }

    /** The types that are allowed; empty if the schema says nothing about them. */
    Set<String> types() {
        var types = new TreeSet<String>();
        if (schema.get("type") instanceof String type) {
            types.add(type);
        } else if (schema.get("type") instanceof List<?> several) {
            several.forEach(type -> types.add(String.valueOf(type)));
        } else if (schema.get("enum") instanceof List<?> values) {
            values.forEach(value -> types.add(typeOf(value)));
        } else if (schema.containsKey("const")) {
            types.add(typeOf(schema.get("const")));
        } else {
            alternatives().forEach(branch -> types.addAll(branch.types()));
            if (schema.get("allOf") instanceof List<?> parts) {
                parts.stream()
                        .map(part -> inner(part).types())
                        .filter(named -> !named.isEmpty())
                        .findFirst()
                        .ifPresent(types::addAll);
            }
        }
        if (!types.isEmpty() && Boolean.TRUE.equals(schema.get("nullable"))) {
            types.add("null");
        }
        return types;
    }

    boolean allows(String type) {
        Set<String> types = types();
        return types.isEmpty() || types.contains(type);
    }

    /** Whether the schema says that a value may be a string. */
    boolean allowsText() {
        return types().contains("string");
    }

    boolean allowsTextOnly() {
        return types().equals(Set.of("string"));
    }

    /** Whether it allows any string. */
    boolean isAnyText() {
        return allowsTextOnly() && !narrowsText();
    }

    /** Whether a keyword says more of its strings than that they are allowed. */
    boolean narrowsText() {
        return !Collections.disjoint(schema.keySet(), NARROWING);
    }

    /** Whether a value has no parts. */
    boolean isScalar() {
        Set<String> types = types();
        return !types.isEmpty() && SCALARS.containsAll(types);
    }

    /** The strings of which a value must be one; empty if others are allowed too. */
    Optional<List<String>> texts() {
        List<?> values = schema.get("enum") instanceof List<?> several
                ? several
                : schema.containsKey("const") ? Collections.singletonList(schema.get("const")) : List.of();
        return !values.isEmpty() && values.stream().allMatch(String.class::isInstance)
                ? Optional.of(values.stream().map(String::valueOf).toList())
                : Optional.empty();
    }

    /** The schema as one that stands for itself: with the definitions that it may refer to. */
    Object alone() {
        var alone = new LinkedHashMap<Object, Object>(schema);
        for (String definitions : List.of("$defs", "definitions")) {
            if (root instanceof Map<?, ?> whole && whole.containsKey(definitions)) {
                alone.putIfAbsent(definitions, whole.get(definitions));
            }
        }
        return alone;
    }

    /**
     * The JSON of a value that was written as bare text: a string where only strings are allowed or where it is no JSON
     * of an allowed type.
     */
    String json(String text) {
        if (!allowsTextOnly()) {
            Optional<JsonNode> parsed = PlainJson.parse(text.strip());
            if (parsed.isPresent() && allows(parsed.get())) {
                return text.strip();
            }
        }
        return PlainJson.text(text);
    }

    private boolean allows(JsonNode value) {
        var names = new HashSet<String>();
        switch (value.getNodeType()) {
            case NUMBER -> names.addAll(List.of("number", "integer"));
            case NULL -> names.add("null");
            case BOOLEAN -> names.add("boolean");
            case STRING -> names.add("string");
            case ARRAY -> names.add("array");
            default -> names.add("object");
        }
        Set<String> types = types();
        return types.isEmpty() || !Collections.disjoint(types, names);
    }

    private static String typeOf(@Nullable Object value) {
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
