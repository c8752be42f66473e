package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.Effort;
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

    /** Whether the value satisfies all of {@code nodes}. */
    boolean satisfies(Object value, List<SchemaNode> nodes, Reading reading) {
        return nodes.stream().allMatch(node -> satisfies(value, node, reading));
    }

    /**
     * Whether the value satisfies one schema: for sure, if read as what is written, or perhaps, if read as what is
     * admitted. They differ about patterns and formats, which implementations read differently.
     *
     * @throws UnsupportedSchema if the schema refers to itself for the same value, or has a keyword that can't be
     *     judged here
     */
    boolean satisfies(Object value, SchemaNode node, Reading reading) {
        if (node.value() instanceof Boolean allowed) {
            return allowed;
        }
        if (++depth > 4 * limits.input().depth()) {
            throw node.refuse("$ref", "leads back to itself");
        }
        effort.spend(5);
        try {
            return general(value, node, reading)
                    && branches(value, node, reading)
                    && conditions(value, node, reading)
                    && byType(value, node, reading);
        } finally {
            depth--;
        }
    }

    private boolean general(Object value, SchemaNode node, Reading reading) {
        return JsonType.allowed(node).contains(JsonType.of(value))
                && (!node.has("enum") || enumerated(node).contains(JsonValues.comparable(value)))
                && (!node.has("const")
                        || JsonValues.comparable(node.get("const")).equals(JsonValues.comparable(value)))
                && satisfies(value, document.targets(node), reading);
    }

    private Set<Object> enumerated(SchemaNode node) {
        return enumerations.computeIfAbsent(
                node.key(),
                _ -> node.list("enum").stream().map(JsonValues::comparable).collect(Collectors.toSet()));
    }

    private boolean branches(Object value, SchemaNode node, Reading reading) {
        List<SchemaNode> any = node.children("anyOf");
        List<SchemaNode> one = node.children("oneOf");
        return satisfies(value, node.children("allOf"), reading)
                && (any.isEmpty() || any.stream().anyMatch(branch -> satisfies(value, branch, reading)))
                && (one.isEmpty() || one(value, one, reading));
    }

    /** Whether one branch is satisfied and the others are not, each as far as the reading wants it sure. */
    private boolean one(Object value, List<SchemaNode> branches, Reading reading) {
        long satisfied = branches.stream()
                .filter(branch -> satisfies(value, branch, reading))
                .count();
        long otherwise = branches.stream()
                .filter(branch -> satisfies(value, branch, reading.other()))
                .count();
        return satisfied >= 1 && (reading == Reading.WRITTEN ? otherwise : Math.min(satisfied, otherwise)) <= 1;
    }

    private boolean conditions(Object value, SchemaNode node, Reading reading) {
        Optional<SchemaNode> not = node.child("not");
        if (not.isPresent() && satisfies(value, not.get(), reading.other())) {
            return false;
        }
        Optional<SchemaNode> condition = node.child("if");
        if (condition.isEmpty()) {
            return true;
        }
        Optional<SchemaNode> then = node.child("then");
        Optional<SchemaNode> otherwise = node.child("else");
        return (then.isEmpty()
                        || !satisfies(value, condition.get(), reading.other())
                        || satisfies(value, then.get(), reading))
                && (otherwise.isEmpty()
                        || satisfies(value, condition.get(), reading)
                        || satisfies(value, otherwise.get(), reading));
    }

    private boolean byType(Object value, SchemaNode node, Reading reading) {
        return switch (value) {
            case Number number -> number(JsonValues.decimal(number), node);
            case String text -> text(text, node, reading);
            case List<?> items -> array(items, node, reading);
            case Map<?, ?> members -> object(members, node, reading);
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

    private boolean text(String value, SchemaNode node, Reading reading) {
        boolean wide = reading == Reading.ADMITTED;
        int length = value.codePointCount(0, value.length());
        return length >= node.count("minLength", 0)
                && length <= node.count("maxLength", Gbnf.UNBOUNDED)
                && (wide
                        || node.text("format")
                                .filter(format -> !strings.isOfFormat(format, value))
                                .isEmpty())
                && node.text("pattern")
                        .filter(pattern -> !strings.ofPattern(node, "pattern", pattern, wide)
                                .contains(value))
                        .isEmpty()
                && (!node.isDerived() || derived(value, node, wide));
    }

    private boolean derived(String value, SchemaNode node, boolean wide) {
        return !node.names(SchemaKeywords.EXCLUDED).contains(value)
                && node.text(SchemaKeywords.AVOIDED)
                        .filter(pattern -> strings.ofPattern(node, "pattern", pattern, !wide)
                                .contains(value))
                        .isEmpty();
    }

    private boolean array(List<?> items, SchemaNode node, Reading reading) {
        if (node.has("unevaluatedItems")) {
            throw node.refuse("unevaluatedItems", "is not supported");
        }
        if (items.size() < node.count("minItems", 0) || items.size() > node.count("maxItems", Gbnf.UNBOUNDED)) {
            return false;
        }
        List<SchemaNode> prefix = SchemaKeywords.prefixItems(node);
        Optional<SchemaNode> rest = SchemaKeywords.furtherItems(node);
        for (int i = 0; i < items.size(); i++) {
            Optional<SchemaNode> item = i < prefix.size() ? Optional.of(prefix.get(i)) : rest;
            if (item.isPresent() && !satisfies(items.get(i), item.get(), reading)) {
                return false;
            }
        }
        boolean unique = !node.isTrue("uniqueItems")
                || items.stream().map(JsonValues::comparable).distinct().count() == items.size();
        return unique && contains(items, node, reading);
    }

    private boolean contains(List<?> items, SchemaNode node, Reading reading) {
        Optional<SchemaNode> contained = node.child("contains");
        if (contained.isEmpty()) {
            return true;
        }
        long least = items.stream()
                .filter(item -> satisfies(item, contained.get(), reading))
                .count();
        long most = items.stream()
                .filter(item -> satisfies(item, contained.get(), reading.other()))
                .count();
        return least >= node.count("minContains", 1) && most <= node.count("maxContains", Gbnf.UNBOUNDED);
    }

    private boolean object(Map<?, ?> members, SchemaNode node, Reading reading) {
        Optional<SchemaNode> unevaluated = Unevaluated.properties(node, document);
        if (unevaluated.isPresent() && !satisfies(members, unevaluated.get(), reading)) {
            return false;
        }
        if (members.size() < node.count("minProperties", 0)
                || members.size() > node.count("maxProperties", Gbnf.UNBOUNDED)
                || !members.keySet().containsAll(node.names("required"))) {
            return false;
        }
        Optional<SchemaNode> names = node.child("propertyNames");
        PropertyRules rules = PropertyRules.of(node, strings);
        for (Map.Entry<?, ?> member : members.entrySet()) {
            String name = (String) member.getKey();
            if (names.isPresent() && !satisfies(name, names.get(), reading)) {
                return false;
            }
            if (!satisfies(member.getValue(), rules.schemasOf(name), reading)) {
                return false;
            }
        }
        return SchemaKeywords.dependencies(node).entrySet().stream()
                .filter(rule -> members.containsKey(rule.getKey()))
                .allMatch(rule -> rule.getValue() instanceof SchemaNode schema
                        ? satisfies(members, schema, reading)
                        : members.keySet().containsAll((List<?>) rule.getValue()));
    }
}
