package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a schema forbids, as schemas that say what is left: a value satisfies one of them only if it does not satisfy
 * the schema. Keywords whose opposite has no simple form are passed over, so that some values that are left may be
 * missing.
 */
final class Negation {
    private static final int MOST_NUMBERS = 40;
    private static final int MOST_LENGTH = Integer.MAX_VALUE - 1;

    private final SchemaDocument document;
    private final SchemaLimits limits;

    Negation(SchemaDocument document, SchemaLimits limits) {
        this.document = document;
        this.limits = limits;
    }

    /** The opposite of a schema as a schema itself, to be taken apart when it is met. */
    static SchemaNode of(SchemaNode node) {
        return node.derived("!", Map.of("not", node));
    }

    /** Schemas of which each excludes {@code node}; none if nothing is left, or nothing that can be told. */
    List<SchemaNode> ways(SchemaNode node) {
        if (node.value() instanceof Boolean allowed) {
            return allowed ? List.of() : List.of(SchemaNode.ANY);
        }
        List<SchemaNode> ways = new ArrayList<>();
        node.child("not").ifPresent(ways::add);
        if (node.has("$ref")) {
            ways.add(of(document.target(node)));
        }
        node.children("allOf").forEach(member -> ways.add(of(member)));
        for (String keyword : List.of("anyOf", "oneOf")) {
            List<SchemaNode> branches = node.children(keyword);
            if (!branches.isEmpty()) {
                ways.add(node.derived(
                        "!" + keyword,
                        Map.of("allOf", branches.stream().map(Negation::of).toList())));
            }
        }
        condition(node, ways);
        types(node, ways);
        SchemaKeywords.values(node, limits.work().enumValues()).ifPresent(values -> values(node, values, ways));
        bounds(node, ways);
        text(node, ways);
        array(node, ways);
        object(node, ways);
        return ways;
    }

    private static void condition(SchemaNode node, List<SchemaNode> ways) {
        Optional<SchemaNode> condition = node.child("if");
        if (condition.isEmpty()) {
            return;
        }
        node.child("then")
                .ifPresent(then ->
                        ways.add(node.derived("!then", Map.of("allOf", List.of(condition.get(), of(then))))));
        node.child("else")
                .ifPresent(other ->
                        ways.add(node.derived("!else", Map.of("allOf", List.of(of(condition.get()), of(other))))));
    }

    private static void types(SchemaNode node, List<SchemaNode> ways) {
        if (node.has("type")) {
            Set<JsonType> others = EnumSet.complementOf(EnumSet.copyOf(JsonType.allowed(node)));
            if (!others.isEmpty()) {
                ways.add(node.derived("!type", Map.of(SchemaKeywords.TYPES, others)));
            }
        }
    }

    /** One way for each type: other strings, numbers between those that are listed, what is left of the rest. */
    private static void values(SchemaNode node, List<?> values, List<SchemaNode> ways) {
        Set<JsonType> untouched = EnumSet.allOf(JsonType.class);
        List<Object> strings = new ArrayList<>();
        TreeSet<BigDecimal> numbers = new TreeSet<>();
        for (Object value : values) {
            untouched.remove(JsonType.of(value));
            if (value instanceof String) {
                strings.add(value);
            } else if (value instanceof Number number) {
                untouched.removeAll(EnumSet.of(JsonType.INTEGER, JsonType.FRACTION));
                numbers.add(JsonValues.decimal(number));
            }
        }
        if (!untouched.isEmpty()) {
            ways.add(node.derived("!values", Map.of(SchemaKeywords.TYPES, untouched)));
        }
        if (!strings.isEmpty()) {
            ways.add(node.derived("!strings", Map.of("type", "string", SchemaKeywords.EXCLUDED, strings)));
        }
        if (!numbers.isEmpty() && numbers.size() <= MOST_NUMBERS) {
            BigDecimal last = null;
            for (BigDecimal number : numbers) {
                ways.add(between(node, last, number));
                last = number;
            }
            ways.add(between(node, last, null));
        }
        if (values.contains(true) != values.contains(false)) {
            ways.add(node.derived("!boolean", Map.of("enum", List.of(!values.contains(true)))));
        }
        emptyOnly(node, values, List.of(), "array", "minItems", ways);
        emptyOnly(node, values, Map.of(), "object", "minProperties", ways);
    }

    /** Where the empty array or object is the only one that is listed, the others have something in them. */
    private static void emptyOnly(
            SchemaNode node, List<?> values, Object empty, String type, String keyword, List<SchemaNode> ways) {
        boolean only = values.contains(empty)
                && values.stream()
                        .filter(value -> JsonType.of(value) == JsonType.of(empty))
                        .allMatch(empty::equals);
        if (only) {
            ways.add(node.derived("!" + type, Map.of("type", type, keyword, 1)));
        }
    }

    private static SchemaNode between(SchemaNode node, @Nullable BigDecimal low, @Nullable BigDecimal high) {
        Map<String, Object> range = new LinkedHashMap<>();
        range.put("type", "number");
        if (low != null) {
            range.put("exclusiveMinimum", low);
        }
        if (high != null) {
            range.put("exclusiveMaximum", high);
        }
        return node.derived("!between " + low + " " + high, range);
    }

    private static void bounds(SchemaNode node, List<SchemaNode> ways) {
        Map.of(
                        "minimum", "exclusiveMaximum",
                        "maximum", "exclusiveMinimum",
                        "exclusiveMinimum", "maximum",
                        "exclusiveMaximum", "minimum")
                .forEach((keyword, opposite) -> node.number(keyword)
                        .ifPresent(bound ->
                                ways.add(node.derived("!" + keyword, Map.of("type", "number", opposite, bound)))));
    }

    private static void text(SchemaNode node, List<SchemaNode> ways) {
        counts(node, "string", "minLength", "maxLength", ways);
        node.text("pattern")
                .ifPresent(pattern ->
                        ways.add(node.derived("!pattern", Map.of("type", "string", SchemaKeywords.AVOIDED, pattern))));
    }

    private static void counts(SchemaNode node, String type, String least, String most, List<SchemaNode> ways) {
        int atLeast = node.count(least, 0);
        if (atLeast > 0) {
            ways.add(node.derived("!" + least, Map.of("type", type, most, atLeast - 1)));
        }
        int atMost = node.count(most, Gbnf.UNBOUNDED);
        if (atMost < MOST_LENGTH) {
            ways.add(node.derived("!" + most, Map.of("type", type, least, atMost + 1)));
        }
    }

    private static void array(SchemaNode node, List<SchemaNode> ways) {
        counts(node, "array", "minItems", "maxItems", ways);
        if (node.count("minContains", 1) == 1) {
            node.child("contains")
                    .ifPresent(item -> ways.add(node.derived("!contains", Map.of("type", "array", "items", of(item)))));
        }
    }

    private static void object(SchemaNode node, List<SchemaNode> ways) {
        counts(node, "object", "minProperties", "maxProperties", ways);
        for (String name : node.names("required")) {
            ways.add(node.derived("!required " + name, Map.of("type", "object", "properties", Map.of(name, false))));
        }
        node.members("properties").forEach((name, schema) -> {
            if (!SchemaKeywords.allowsEverything(schema)) {
                ways.add(node.derived("!properties " + name, present(name, Map.of(name, of(schema)))));
            }
        });
        SchemaKeywords.dependencies(node).forEach((name, needed) -> {
            if (needed instanceof SchemaNode schema) {
                ways.add(node.derived("!dependent " + name, Map.of("allOf", List.of(present(node, name), of(schema)))));
            } else if (needed instanceof List<?> names) {
                for (Object other : names) {
                    ways.add(node.derived(
                            "!dependent " + name + " " + other, present(name, Map.of((String) other, false))));
                }
            }
        });
    }

    private static Map<String, Object> present(String name, Map<String, Object> properties) {
        return Map.of("type", "object", "required", List.of(name), "properties", properties);
    }

    /** Objects that have a property. */
    static SchemaNode present(SchemaNode node, String name) {
        return node.derived("has " + name, Map.of("type", "object", "required", List.of(name)));
    }

    /** Everything but objects that have a property. */
    static SchemaNode absent(SchemaNode node, String name) {
        return node.derived("lacks " + name, Map.of("properties", Map.of(name, false)));
    }
}
