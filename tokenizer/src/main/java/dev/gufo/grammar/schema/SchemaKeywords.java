package dev.gufo.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Keywords with more than one form. */
final class SchemaKeywords {
    /** In derived schemas, the types that are allowed, as a set of {@link JsonType}. */
    static final String TYPES = "types";

    /** In derived schemas, strings that are not allowed. */
    static final String EXCLUDED = "excluded";

    /** In derived schemas, a pattern that must not match. */
    static final String AVOIDED = "avoided";

    /** Everything that may change which values a schema allows. All other keywords are annotations. */
    private static final Set<String> ASSERTING = Set.of(
            "type",
            "nullable",
            "enum",
            "const",
            "$ref",
            "$dynamicRef",
            "$recursiveRef",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "if",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "items",
            "additionalItems",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "unevaluatedItems",
            "properties",
            "patternProperties",
            "additionalProperties",
            "required",
            "minProperties",
            "maxProperties",
            "propertyNames",
            "dependentRequired",
            "dependentSchemas",
            "dependencies",
            "unevaluatedProperties");

    private SchemaKeywords() {}

    static boolean allowsEverything(SchemaNode node) {
        if (node.isDerived()) {
            return false;
        }
        return node.value() instanceof Boolean allowed
                ? allowed
                : ((Map<?, ?>) node.value()).keySet().stream().noneMatch(ASSERTING::contains);
    }

    /** Schemas of an array's first items: {@code prefixItems}, or {@code items} as drafts before 2020-12 had it. */
    static List<SchemaNode> prefixItems(SchemaNode node) {
        return node.get("items") instanceof List ? node.children("items") : node.children("prefixItems");
    }

    /** The schema of the items after these. */
    static Optional<SchemaNode> furtherItems(SchemaNode node) {
        return node.child(node.get("items") instanceof List ? "additionalItems" : "items");
    }

    /**
     * What else must hold of objects that have a property: a list of further names, or a schema as a
     * {@link SchemaNode}. By {@code dependentRequired}, {@code dependentSchemas} and {@code dependencies}, which were
     * both in one.
     */
    static Map<String, Object> dependencies(SchemaNode node) {
        Map<String, Object> rules = new LinkedHashMap<>();
        for (String keyword : List.of("dependencies", "dependentRequired", "dependentSchemas")) {
            if (!node.has(keyword)) {
                continue;
            }
            if (!(node.get(keyword) instanceof Map<?, ?> map)) {
                throw node.refuse(keyword, "must be an object");
            }
            map.forEach((name, needed) -> {
                boolean list = keyword.equals("dependentRequired")
                        || (keyword.equals("dependencies") && needed instanceof List);
                Object rule = list ? names(node, keyword, needed) : node.member(keyword, (String) name);
                Object other = rules.put((String) name, rule);
                if (other != null) {
                    rules.put((String) name, both(node, (String) name, other, rule));
                }
            });
        }
        return rules;
    }

    private static SchemaNode both(SchemaNode node, String name, Object one, Object other) {
        List<Object> all = new ArrayList<>();
        for (Object rule : List.of(one, other)) {
            all.add(rule instanceof SchemaNode ? rule : Map.of("required", rule));
        }
        return node.derived("both " + name, Map.of("allOf", all));
    }

    private static List<String> names(SchemaNode node, String keyword, Object needed) {
        if (!(needed instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw node.refuse(keyword, "must hold arrays of strings");
        }
        return list.stream().map(String.class::cast).toList();
    }

    /** The enumeration that {@code enum} or {@code const} of the schema is; empty if it has neither. */
    static Optional<List<?>> values(SchemaNode node, int most) {
        if (node.has("const")) {
            List<Object> one = new ArrayList<>();
            one.add(node.get("const"));
            return Optional.of(one);
        }
        if (!node.has("enum")) {
            return Optional.empty();
        }
        List<?> values = node.list("enum");
        if (values.size() > most) {
            throw node.refuse("enum", "has more than %d values".formatted(most));
        }
        return Optional.of(values);
    }
}
