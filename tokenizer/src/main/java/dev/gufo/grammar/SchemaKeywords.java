package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Keywords with more than one form. */
final class SchemaKeywords {
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
        return node.value() instanceof Boolean allowed
                ? allowed
                : ((Map<?, ?>) node.value()).keySet().stream().noneMatch(ASSERTING::contains);
    }

    static boolean assertsOnlyType(SchemaNode node) {
        return ((Map<?, ?>) node.value())
                .keySet().stream().filter(ASSERTING::contains).allMatch(keyword -> keyword.equals("type"));
    }

    /** Schemas of an array's first items: {@code prefixItems}, or {@code items} as drafts before 2020-12 had it. */
    static List<SchemaNode> prefixItems(SchemaNode node) {
        return node.get("items") instanceof List ? node.children("items") : node.children("prefixItems");
    }

    /** The schema of the items after these. */
    static Optional<SchemaNode> furtherItems(SchemaNode node) {
        return node.child(node.get("items") instanceof List ? "additionalItems" : "items");
    }

    static Map<String, List<String>> dependentRequired(SchemaNode node) {
        Map<String, List<String>> rules = new LinkedHashMap<>();
        if (!node.has("dependentRequired")) {
            return rules;
        }
        if (!(node.get("dependentRequired") instanceof Map<?, ?> map)) {
            throw node.refuse("dependentRequired", "must be an object");
        }
        map.forEach((name, needed) -> {
            List<String> names = new ArrayList<>();
            if (!(needed instanceof List<?> list)) {
                throw node.refuse("dependentRequired", "must hold arrays of strings");
            }
            for (Object item : list) {
                if (!(item instanceof String text)) {
                    throw node.refuse("dependentRequired", "must hold arrays of strings");
                }
                names.add(text);
            }
            rules.put((String) name, names);
        });
        return rules;
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
