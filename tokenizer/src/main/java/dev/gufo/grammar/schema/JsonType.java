package dev.gufo.grammar.schema;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of JSON Schema, with {@code number} taken apart, so that sets of them can be intersected. */
enum JsonType {
    NULL,
    BOOLEAN,
    INTEGER,
    FRACTION,
    STRING,
    ARRAY,
    OBJECT;

    private static final Map<String, Set<JsonType>> NAMES = Map.of(
            "null", EnumSet.of(NULL),
            "boolean", EnumSet.of(BOOLEAN),
            "integer", EnumSet.of(INTEGER),
            "number", EnumSet.of(INTEGER, FRACTION),
            "string", EnumSet.of(STRING),
            "array", EnumSet.of(ARRAY),
            "object", EnumSet.of(OBJECT));

    /** Keywords that speak about one type; a schema that has them and names no type is meant for that type. */
    private static final Map<String, Set<JsonType>> ABOUT = Map.ofEntries(
            Map.entry("minimum", NAMES.get("number")),
            Map.entry("maximum", NAMES.get("number")),
            Map.entry("exclusiveMinimum", NAMES.get("number")),
            Map.entry("exclusiveMaximum", NAMES.get("number")),
            Map.entry("multipleOf", NAMES.get("number")),
            Map.entry("minLength", NAMES.get("string")),
            Map.entry("maxLength", NAMES.get("string")),
            Map.entry("pattern", NAMES.get("string")),
            Map.entry("format", NAMES.get("string")),
            Map.entry("items", NAMES.get("array")),
            Map.entry("prefixItems", NAMES.get("array")),
            Map.entry("minItems", NAMES.get("array")),
            Map.entry("maxItems", NAMES.get("array")),
            Map.entry("uniqueItems", NAMES.get("array")),
            Map.entry("contains", NAMES.get("array")),
            Map.entry("properties", NAMES.get("object")),
            Map.entry("patternProperties", NAMES.get("object")),
            Map.entry("additionalProperties", NAMES.get("object")),
            Map.entry("required", NAMES.get("object")),
            Map.entry("minProperties", NAMES.get("object")),
            Map.entry("maxProperties", NAMES.get("object")));

    /** The types that {@code type} and {@code nullable} of a schema allow; all if it has no {@code type}. */
    static Set<JsonType> allowed(SchemaNode node) {
        if (node.isDerived() && node.get(SchemaKeywords.TYPES) instanceof Set<?> types) {
            Set<JsonType> allowed = EnumSet.noneOf(JsonType.class);
            types.forEach(type -> allowed.add((JsonType) type));
            return allowed;
        }
        if (!node.has("type")) {
            return EnumSet.allOf(JsonType.class);
        }
        List<?> names = node.get("type") instanceof String name ? List.of(name) : node.list("type");
        Set<JsonType> allowed = EnumSet.noneOf(JsonType.class);
        for (Object name : names) {
            if (!(name instanceof String text) || !NAMES.containsKey(text)) {
                throw node.refuse("type", "must be a name of a JSON type or an array of such");
            }
            allowed.addAll(NAMES.get(text));
        }
        if (node.isTrue("nullable")) {
            allowed.add(NULL);
        }
        return allowed;
    }

    /** The types that the schema's other keywords speak about. */
    static Set<JsonType> meant(SchemaNode node) {
        Set<JsonType> meant = EnumSet.noneOf(JsonType.class);
        if (node.isDerived()) {
            return meant;
        }
        ABOUT.forEach((keyword, types) -> {
            if (node.has(keyword)) {
                meant.addAll(types);
            }
        });
        return meant;
    }

    static JsonType of(@Nullable Object value) {
        return switch (value) {
            case null -> NULL;
            case Boolean _ -> BOOLEAN;
            case Number number -> JsonValues.isInteger(number) ? INTEGER : FRACTION;
            case String _ -> STRING;
            case List<?> _ -> ARRAY;
            default -> OBJECT;
        };
    }
}
