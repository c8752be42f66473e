package dev.gufo.grammar;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether a value satisfies a schema; for the values of {@code enum} and {@code const}, and for names. */
final class SchemaValidation {
    private final SchemaDocument document;
    private final StringSets strings;
    private final SchemaLimits limits;
    private final Effort effort;
    private final Map<String, Set<Object>> enumerations = new HashMap<>();
    private int depth;

    SchemaValidation(SchemaDocument document, StringSets strings, SchemaLimits limits, Effort effort) {
        this.document = document;
        this.strings = strings;
        this.limits = limits;
        this.effort = effort;
    }

    boolean satisfies(Object value, List<SchemaNode> nodes) {
        return nodes.stream().allMatch(node -> satisfies(value, node));
    }

    /**
     * Whether the value satisfies one schema.
     *
     * @throws UnsupportedSchema if the schema refers to itself for the same value, or has a keyword that can't be judged here
     */
    boolean satisfies(Object value, SchemaNode node) {
        if (node.value() instanceof Boolean allowed) {
            return allowed;
        }
        if (++depth > 4 * limits.depth()) {
            throw node.refuse("$ref", "leads back to itself");
        }
        effort.spend(5);
        try {
            return general(value, node) && branches(value, node) && conditions(value, node) && byType(value, node);
        } finally {
            depth--;
        }
    }

    private boolean general(Object value, SchemaNode node) {
        return JsonType.allowed(node).contains(JsonType.of(value))
                && (!node.has("enum") || enumerated(node).contains(JsonValues.comparable(value)))
                && (!node.has("const")
                        || JsonValues.comparable(node.get("const")).equals(JsonValues.comparable(value)))
                && (!node.has("$ref") || satisfies(value, document.target(node)));
    }

    private Set<Object> enumerated(SchemaNode node) {
        return enumerations.computeIfAbsent(
                node.path(),
                _ -> node.list("enum").stream().map(JsonValues::comparable).collect(Collectors.toSet()));
    }

    private boolean branches(Object value, SchemaNode node) {
        List<SchemaNode> any = node.children("anyOf");
        List<SchemaNode> one = node.children("oneOf");
        return satisfies(value, node.children("allOf"))
                && (any.isEmpty() || any.stream().anyMatch(branch -> satisfies(value, branch)))
                && (one.isEmpty()
                        || one.stream()
                                        .filter(branch -> satisfies(value, branch))
                                        .limit(2)
                                        .count()
                                == 1);
    }

    private boolean conditions(Object value, SchemaNode node) {
        Optional<SchemaNode> not = node.child("not");
        if (not.isPresent() && satisfies(value, not.get())) {
            return false;
        }
        Optional<SchemaNode> condition = node.child("if");
        if (condition.isEmpty()) {
            return true;
        }
        Optional<SchemaNode> then = node.child(satisfies(value, condition.get()) ? "then" : "else");
        return then.isEmpty() || satisfies(value, then.get());
    }

    private boolean byType(Object value, SchemaNode node) {
        return switch (value) {
            case Number number -> number(JsonValues.decimal(number), node);
            case String text -> text(text, node);
            case List<?> items -> array(items, node);
            case Map<?, ?> members -> object(members, node);
            case null, default -> true;
        };
    }

    private static boolean number(BigDecimal value, SchemaNode node) {
        return node.number("minimum").filter(low -> value.compareTo(low) < 0).isEmpty()
                && node.number("maximum")
                        .filter(high -> value.compareTo(high) > 0)
                        .isEmpty()
                && node.number("exclusiveMinimum")
                        .filter(low -> value.compareTo(low) <= 0)
                        .isEmpty()
                && node.number("exclusiveMaximum")
                        .filter(high -> value.compareTo(high) >= 0)
                        .isEmpty()
                && node.number("multipleOf")
                        .filter(step -> !divides(node, step, value))
                        .isEmpty();
    }

    private static boolean divides(SchemaNode node, BigDecimal step, BigDecimal value) {
        if (step.signum() <= 0) {
            throw node.refuse("multipleOf", "must be positive");
        }
        return value.remainder(step).signum() == 0;
    }

    private boolean text(String value, SchemaNode node) {
        int length = value.codePointCount(0, value.length());
        if (length < node.count("minLength", 0) || length > node.count("maxLength", Gbnf.UNBOUNDED)) {
            return false;
        }
        return strings.ofFormat(node).stream().allMatch(set -> set.contains(value))
                && (!node.has("pattern")
                        || strings.ofPattern(
                                        node, "pattern", node.text("pattern").orElseThrow(), false)
                                .contains(value));
    }

    private boolean array(List<?> items, SchemaNode node) {
        refuse(node, "contains", "unevaluatedItems");
        if (items.size() < node.count("minItems", 0) || items.size() > node.count("maxItems", Gbnf.UNBOUNDED)) {
            return false;
        }
        List<SchemaNode> prefix = SchemaKeywords.prefixItems(node);
        Optional<SchemaNode> rest = SchemaKeywords.furtherItems(node);
        for (int i = 0; i < items.size(); i++) {
            Optional<SchemaNode> item = i < prefix.size() ? Optional.of(prefix.get(i)) : rest;
            if (item.isPresent() && !satisfies(items.get(i), item.get())) {
                return false;
            }
        }
        return !node.isTrue("uniqueItems")
                || items.stream().map(JsonValues::comparable).distinct().count() == items.size();
    }

    private boolean object(Map<?, ?> members, SchemaNode node) {
        refuse(node, "dependencies", "dependentSchemas", "unevaluatedProperties");
        if (members.size() < node.count("minProperties", 0)
                || members.size() > node.count("maxProperties", Gbnf.UNBOUNDED)
                || !members.keySet().containsAll(node.names("required"))) {
            return false;
        }
        Optional<SchemaNode> names = node.child("propertyNames");
        PropertyRules rules = PropertyRules.of(node, strings);
        for (Map.Entry<?, ?> member : members.entrySet()) {
            String name = (String) member.getKey();
            if (names.isPresent() && !satisfies(name, names.get())) {
                return false;
            }
            if (!satisfies(member.getValue(), rules.schemasOf(name))) {
                return false;
            }
        }
        return SchemaKeywords.dependentRequired(node).entrySet().stream()
                .allMatch(rule ->
                        !members.containsKey(rule.getKey()) || members.keySet().containsAll(rule.getValue()));
    }

    private static void refuse(SchemaNode node, String... keywords) {
        for (String keyword : keywords) {
            if (node.has(keyword)) {
                throw node.refuse(keyword, "is not supported");
            }
        }
    }
}
