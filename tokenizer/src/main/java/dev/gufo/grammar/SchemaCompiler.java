package dev.gufo.grammar;

import dev.gufo.grammar.Conjunctions.Reading;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a grammar of a schema: a rule for each set of schemas that apply to one value together. Rules wait in a queue and refer to each other
 * by name, so neither the depth of a schema nor its recursion is recursion here.
 */
final class SchemaCompiler {
    private static final List<String> TEXT_KEYWORDS = List.of("pattern", "format", "minLength", "maxLength");
    private static final List<String> NUMBER_KEYWORDS =
            List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf");

    private record Waiting(Gbnf.Reference rule, List<SchemaNode> nodes) {}

    private final SchemaDocument document;
    private final Conjunctions conjunctions;
    private final RuleSet rules;
    private final Layout layout;
    private final StringRules strings;
    private final NumberRules numbers;
    private final ArrayRules arrays;
    private final ObjectRules objects;
    private final Map<Set<String>, Gbnf.Reference> known = new HashMap<>();
    private final Deque<Waiting> queue = new ArrayDeque<>();

    private SchemaCompiler(Object schema, String root, SchemaLimits limits) {
        Effort effort = new Effort(limits.effort());
        StringSets sets = new StringSets(effort);
        this.document = new SchemaDocument(schema, limits);
        this.conjunctions = new Conjunctions(document, limits, effort, sets);
        this.rules = new RuleSet(root, limits);
        this.layout = new Layout(rules);
        this.strings = new StringRules(rules, sets, limits, effort);
        this.numbers = new NumberRules(rules, sets, limits, effort);
        this.arrays = new ArrayRules(rules, layout, limits, this::value, new Items());
        this.objects = new ObjectRules(rules, layout, strings, this::value);
    }

    private final class Items implements ArrayRules.Items {
        @Override
        public Optional<List<Gbnf>> all(List<SchemaNode> schemas) {
            Map<Object, Gbnf> texts = new LinkedHashMap<>();
            for (Shape shape : conjunctions.alternatives(schemas, Reading.WRITTEN)) {
                if (!(shape instanceof Shape.Values values)) {
                    return Optional.empty();
                }
                values.values().forEach(value -> texts.putIfAbsent(JsonValues.comparable(value), literal(value)));
            }
            return Optional.of(List.copyOf(texts.values()));
        }

        @Override
        public boolean differ(List<SchemaNode> one, List<SchemaNode> other) {
            return conjunctions.differ(one, other);
        }
    }

    /** GBNF in which {@code root} is the rule for the schema's values. */
    static String compile(Object schema, String root, SchemaLimits limits) {
        return new SchemaCompiler(schema, root, limits).grammar();
    }

    private String grammar() {
        value(List.of(document.root()));
        String path = "";
        try {
            while (!queue.isEmpty()) {
                Waiting next = queue.remove();
                path = next.nodes.getFirst().path();
                rules.define(next.rule, anyOf(next.nodes));
            }
            path = "";
            return rules.text().orElseThrow(this::nothing);
        } catch (Effort.Exhausted e) {
            throw new UnsupportedSchema("schema", path, "takes too much work to turn into a grammar");
        } catch (RuleSet.TooLarge e) {
            throw new UnsupportedSchema("schema", path, e.getMessage());
        }
    }

    private UnsupportedSchema nothing() {
        return conjunctions
                .contradiction()
                .orElseGet(() -> new UnsupportedSchema("schema", "", "allows no value that ever ends, or none at all"));
    }

    /** The rule for what satisfies all of {@code nodes}. */
    private Gbnf value(List<SchemaNode> nodes) {
        List<SchemaNode> asserting = nodes.stream()
                .filter(node -> !SchemaKeywords.allowsEverything(node))
                .toList();
        Set<String> key = new TreeSet<>();
        asserting.forEach(node -> key.add(node.key()));
        Gbnf.Reference rule = known.get(key);
        if (rule == null) {
            rule = rules.declare();
            known.put(key, rule);
            queue.add(new Waiting(rule, asserting.isEmpty() ? List.of(SchemaNode.ANY) : asserting));
        }
        return rule;
    }

    private Gbnf anyOf(List<SchemaNode> nodes) {
        List<Gbnf> ways = new ArrayList<>();
        for (Shape shape : conjunctions.alternatives(nodes, Reading.WRITTEN)) {
            ways.add(
                    switch (shape) {
                        case Shape.Values values -> literals(values.values());
                        case Shape.Text text -> orEmpty(strings.of(text), text, TEXT_KEYWORDS);
                        case Shape.Numeric numeric ->
                            orEmpty(numbers.of(numeric).orElse(Gbnf.Choice.NEVER), numeric, NUMBER_KEYWORDS);
                        case Shape.Array array -> arrays.of(array);
                        case Shape.Members members -> objects.of(members);
                    });
        }
        return Gbnf.choice(ways);
    }

    private Gbnf orEmpty(Gbnf rule, Shape shape, List<String> keywords) {
        if (rule.equals(Gbnf.Choice.NEVER)) {
            for (String keyword : keywords) {
                shape.nodes().stream()
                        .filter(node -> node.has(keyword))
                        .forEach(node -> conjunctions.contradicted(node, keyword));
            }
        }
        return rule;
    }

    private Gbnf literals(List<Object> values) {
        List<Gbnf> ways = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Object value : values) {
            if (value instanceof String word) {
                words.add(word);
            } else {
                ways.add(literal(value));
            }
        }
        if (!words.isEmpty()) {
            ways.add(strings.anyOf(words));
        }
        return Gbnf.choice(ways);
    }

    private Gbnf literal(Object value) {
        return switch (value) {
            case String text -> Gbnf.literal(JsonValues.quoted(text));
            case List<?> items -> {
                List<Gbnf> parts = new ArrayList<>(List.of(Gbnf.literal("["), layout.gap()));
                for (Object item : items) {
                    parts.add(parts.size() == 2 ? Gbnf.Sequence.EMPTY : layout.comma());
                    parts.add(literal(item));
                }
                parts.add(items.isEmpty() ? Gbnf.Sequence.EMPTY : layout.gap());
                parts.add(Gbnf.literal("]"));
                yield Gbnf.sequence(parts);
            }
            case Map<?, ?> members -> {
                List<Gbnf> parts = new ArrayList<>(List.of(Gbnf.literal("{"), layout.gap()));
                members.forEach((name, member) -> {
                    parts.add(parts.size() == 2 ? Gbnf.Sequence.EMPTY : layout.comma());
                    parts.add(layout.member((String) name, literal(member)));
                });
                parts.add(members.isEmpty() ? Gbnf.Sequence.EMPTY : layout.gap());
                parts.add(Gbnf.literal("}"));
                yield Gbnf.sequence(parts);
            }
            case null -> Gbnf.literal("null");
            default -> Gbnf.literal(value.toString());
        };
    }
}
