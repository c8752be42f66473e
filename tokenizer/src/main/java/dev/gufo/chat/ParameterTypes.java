package dev.gufo.chat;

import dev.gufo.grammar.schema.ValueType;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which types of JSON a parameter's bare text may stand for, by the schema of its tool. The grammar writes no other
 * types, so what is found here need not be exact, only the same for writing and reading.
 */
final class ParameterTypes {
    private static final int DEEPEST = 16;
    /** Schemas looked at for one parameter; behind that many, anything may stand there. */
    private static final int MOST_STEPS = 5_000;

    private static final Map<String, Set<ValueType>> NAMES = Map.of(
            "string", EnumSet.of(ValueType.STRING),
            "number", EnumSet.of(ValueType.NUMBER),
            "integer", EnumSet.of(ValueType.NUMBER),
            "boolean", EnumSet.of(ValueType.BOOLEAN),
            "null", EnumSet.of(ValueType.NULL),
            "array", EnumSet.of(ValueType.ARRAY),
            "object", EnumSet.of(ValueType.OBJECT));

    /** Keywords that say what is meant where no type is named. */
    private static final Map<String, Set<ValueType>> ABOUT = Map.ofEntries(
            Map.entry("minLength", NAMES.get("string")),
            Map.entry("maxLength", NAMES.get("string")),
            Map.entry("pattern", NAMES.get("string")),
            Map.entry("format", NAMES.get("string")),
            Map.entry("minimum", NAMES.get("number")),
            Map.entry("maximum", NAMES.get("number")),
            Map.entry("exclusiveMinimum", NAMES.get("number")),
            Map.entry("exclusiveMaximum", NAMES.get("number")),
            Map.entry("multipleOf", NAMES.get("number")),
            Map.entry("items", NAMES.get("array")),
            Map.entry("prefixItems", NAMES.get("array")),
            Map.entry("properties", NAMES.get("object")),
            Map.entry("additionalProperties", NAMES.get("object")));

    private static final List<String> COMBINING = List.of("$ref", "allOf", "anyOf", "oneOf", "not", "if");

    private final Object root;
    private int steps;

    private ParameterTypes(Object root) {
        this.root = root;
    }

    /**
     * What may stand for a parameter.
     *
     * @param name empty for parameters that the schema does not list
     * @return never empty
     */
    static Set<ValueType> of(Object schema, Optional<String> name) {
        Set<ValueType> found =
                new ParameterTypes(schema).ofMember(schema, name, 0).orElse(Set.of());
        return found.isEmpty() ? EnumSet.allOf(ValueType.class) : found;
    }

    /** The types of an object's member; empty if the schema says nothing about it. */
    private Optional<Set<ValueType>> ofMember(Object schema, Optional<String> name, int depth) {
        if (!(schema instanceof Map<?, ?> map) || depth > DEEPEST || steps++ > MOST_STEPS) {
            return Optional.empty();
        }
        Optional<Set<ValueType>> types = own(map, name, depth);
        if (map.get("$ref") instanceof String reference) {
            types = both(types, ofMember(target(reference), name, depth + 1));
        }
        if (map.get("allOf") instanceof List<?> parts) {
            for (Object part : parts) {
                types = both(types, ofMember(part, name, depth + 1));
            }
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (map.get(keyword) instanceof List<?> branches) {
                Optional<Set<ValueType>> any = Optional.empty();
                for (Object branch : branches) {
                    any = either(any, ofMember(branch, name, depth + 1));
                }
                types = both(types, any);
            }
        }
        return types.isEmpty() ? ofConstants(map, name) : types;
    }

    private Optional<Set<ValueType>> own(Map<?, ?> schema, Optional<String> name, int depth) {
        if (name.isPresent()
                && schema.get("properties") instanceof Map<?, ?> properties
                && properties.containsKey(name.get())) {
            return Optional.of(ofValue(properties.get(name.get()), depth + 1));
        }
        Optional<Set<ValueType>> types = Optional.empty();
        if (schema.get("patternProperties") instanceof Map<?, ?> patterns) {
            for (Object one : patterns.values()) {
                types = either(types, Optional.of(ofValue(one, depth + 1)));
            }
        }
        Object others = schema.get("additionalProperties");
        return others == null || others.equals(false) ? types : either(types, Optional.of(ofValue(others, depth + 1)));
    }

    /** A schema may be an enumeration of whole objects. */
    private static Optional<Set<ValueType>> ofConstants(Map<?, ?> schema, Optional<String> name) {
        List<?> objects = schema.get("enum") instanceof List<?> values
                ? values
                : schema.get("const") instanceof Map<?, ?> one ? List.of(one) : List.of();
        Optional<Set<ValueType>> types = Optional.empty();
        for (Object object : objects) {
            if (object instanceof Map<?, ?> map && name.isPresent() && map.containsKey(name.get())) {
                types = either(types, Optional.of(EnumSet.of(ValueType.of(map.get(name.get())))));
            }
        }
        return types;
    }

    private static Optional<Set<ValueType>> both(Optional<Set<ValueType>> a, Optional<Set<ValueType>> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.or(() -> b);
        }
        Set<ValueType> types = EnumSet.copyOf(a.get());
        types.retainAll(b.get());
        return Optional.of(types);
    }

    private static Optional<Set<ValueType>> either(Optional<Set<ValueType>> a, Optional<Set<ValueType>> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.or(() -> b);
        }
        Set<ValueType> types = EnumSet.copyOf(a.get());
        types.addAll(b.get());
        return Optional.of(types);
    }

    /** The types that a value's schema allows. */
    private Set<ValueType> ofValue(Object schema, int depth) {
        Set<ValueType> types = EnumSet.allOf(ValueType.class);
        if (schema instanceof Boolean allows && !allows) {
            types.clear();
        }
        if (!(schema instanceof Map<?, ?> map) || depth > DEEPEST || steps++ > MOST_STEPS) {
            return types;
        }
        named(map).ifPresent(types::retainAll);
        if (map.get("enum") instanceof List<?> values) {
            Set<ValueType> found = EnumSet.noneOf(ValueType.class);
            values.forEach(value -> found.add(ValueType.of(value)));
            types.retainAll(found);
        }
        if (map.containsKey("const")) {
            types.retainAll(EnumSet.of(ValueType.of(map.get("const"))));
        }
        if (map.get("$ref") instanceof String reference) {
            types.retainAll(ofValue(target(reference), depth + 1));
        }
        if (map.get("allOf") instanceof List<?> parts) {
            parts.forEach(part -> types.retainAll(ofValue(part, depth + 1)));
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (map.get(keyword) instanceof List<?> branches) {
                Set<ValueType> any = EnumSet.noneOf(ValueType.class);
                branches.forEach(branch -> any.addAll(ofValue(branch, depth + 1)));
                types.retainAll(any);
            }
        }
        return types;
    }

    /** The types that are named, or meant by a schema that names none and combines nothing. */
    private static Optional<Set<ValueType>> named(Map<?, ?> schema) {
        Set<ValueType> types = EnumSet.noneOf(ValueType.class);
        List<?> names = schema.get("type") instanceof List<?> several
                ? several
                : schema.get("type") instanceof String one ? List.of(one) : List.of();
        names.forEach(name -> types.addAll(NAMES.getOrDefault(String.valueOf(name), Set.of())));
        if (!types.isEmpty()) {
            if (Boolean.TRUE.equals(schema.get("nullable"))) {
                types.add(ValueType.NULL);
            }
        } else if (COMBINING.stream().noneMatch(schema::containsKey)) {
            ABOUT.forEach((keyword, meant) -> types.addAll(schema.containsKey(keyword) ? meant : Set.of()));
        }
        return types.isEmpty() ? Optional.empty() : Optional.of(types);
    }

    private Object target(String reference) {
        Object found = root;
        if (!reference.startsWith("#")) {
            return Map.of();
        }
        for (String step : reference.substring(1).split("/", -1)) {
            String key = step.replace("~1", "/").replace("~0", "~");
            found = step.isEmpty()
                    ? found
                    : switch (found) {
                        case Map<?, ?> map -> map.get(key);
                        case List<?> list
                        when key.matches("[0-9]{1,4}") && Integer.parseInt(key) < list.size() ->
                            list.get(Integer.parseInt(key));
                        case null, default -> null;
                    };
        }
        return found == null ? Map.of() : found;
    }
}
