package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.Effort;
import java.math.BigInteger;
import java.math.RoundingMode;
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
import java.util.stream.Stream;

/**
 * Makes a grammar of a schema: a rule for each set of schemas that apply to one value together. Rules wait in a queue
 * and refer to each other by name, so neither the depth of a schema nor its recursion is recursion here.
 */
final class SchemaCompiler {
    private static final List<String> TEXT_KEYWORDS = List.of("pattern", "format", "minLength", "maxLength");
    private static final List<String> NUMBER_KEYWORDS =
            List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf");

    /** Most integers that are listed one by one. */
    private static final int MOST_INTEGERS = 60;

    private record Waiting(Gbnf.Reference rule, List<SchemaNode> nodes) {}

    private final SchemaDocument document;
    private final Conjunctions conjunctions;
    private final RuleSet rules;
    private final Layout layout;
    private final StringRules strings;
    private final NumberRules numbers;
    private final ArrayRules arrays;
    private final ObjectRules objects;
    private final StringSets sets;
    private final SchemaLimits limits;
    private final Effort effort;
    private final Map<Set<String>, Gbnf.Reference> known = new HashMap<>();
    private final Deque<Waiting> queue = new ArrayDeque<>();

    private SchemaCompiler(Object schema, String root, SchemaLimits limits) {
        this.limits = limits;
        this.effort = new Effort(limits.work().effort());
        this.sets = new StringSets(effort);
        this.document = new SchemaDocument(schema, limits);
        this.conjunctions = new Conjunctions(document, limits, effort, sets);
        this.rules = new RuleSet(root, limits);
        this.layout = new Layout(rules);
        this.strings = new StringRules(rules, sets, limits, effort);
        this.numbers = new NumberRules(rules, sets, limits, effort);
        this.arrays = new ArrayRules(rules, layout, limits, this::value, new Items());
        this.objects = new ObjectRules(rules, new JsonObjects(rules, layout, strings, this::value));
    }

    private final class Items implements ArrayRules.Items {
        @Override
        public Optional<List<Gbnf>> all(List<SchemaNode> schemas) {
            Map<Object, Gbnf> texts = new LinkedHashMap<>();
            for (Shape shape : conjunctions.alternatives(schemas, Reading.WRITTEN)) {
                Optional<List<Object>> all = shape instanceof Shape.Values few
                        ? Optional.of(few.values())
                        : shape instanceof Shape.Numeric numeric ? integers(numeric) : Optional.empty();
                if (all.isEmpty()) {
                    return Optional.empty();
                }
                all.get().forEach(value -> texts.putIfAbsent(JsonValues.comparable(value), literal(value)));
            }
            return Optional.of(List.copyOf(texts.values()));
        }

        /** The integers between two bounds, if they are a few. */
        private Optional<List<Object>> integers(Shape.Numeric numeric) {
            if (!numeric.integers() || numeric.low().isEmpty() || numeric.high().isEmpty()) {
                return Optional.empty();
            }
            BigInteger from = numeric.low()
                    .get()
                    .value()
                    .setScale(0, RoundingMode.CEILING)
                    .toBigInteger();
            BigInteger to =
                    numeric.high().get().value().setScale(0, RoundingMode.FLOOR).toBigInteger();
            if (to.subtract(from).compareTo(BigInteger.valueOf(MOST_INTEGERS)) > 0) {
                return Optional.empty();
            }
            return Optional.of(Stream.iterate(from, one -> one.compareTo(to) <= 0, one -> one.add(BigInteger.ONE))
                    .filter(one -> conjunctions.validation().satisfies(one, numeric.nodes(), Reading.WRITTEN))
                    .map(Object.class::cast)
                    .toList());
        }

        @Override
        public boolean differ(List<SchemaNode> one, List<SchemaNode> other) {
            return conjunctions.differ(one, other);
        }
    }

    /** GBNF in which {@code root} is the rule for the schema's values. */
    static String compile(Object schema, String root, SchemaLimits limits) {
        SchemaCompiler compiler = new SchemaCompiler(schema, root, limits);
        return compiler.grammar(() -> compiler.value(List.of(compiler.document.root())));
    }

    /**
     * The same for those of the schema's values that are objects; with {@code marks}, their members stand one by one
     * between them.
     */
    static String compileObjects(Object schema, String root, SchemaLimits limits, Optional<MarkedMembers> marks) {
        SchemaCompiler compiler = new SchemaCompiler(schema, root, limits);
        List<SchemaNode> nodes = List.of(compiler.document.root(), SchemaNode.OBJECT);
        return compiler.grammar(() -> {
            if (marks.isEmpty()) {
                compiler.value(nodes);
            } else {
                compiler.rules.define(compiler.rules.declare(), compiler.between(marks.get(), nodes));
            }
        });
    }

    /** The same for those of the schema's values that are strings, as they are, with {@code end} behind them. */
    static String compileStrings(Object schema, String root, SchemaLimits limits, String end) {
        SchemaCompiler compiler = new SchemaCompiler(schema, root, limits);
        List<SchemaNode> nodes = List.of(compiler.document.root(), ObjectShapes.STRING);
        return compiler.grammar(() -> compiler.rules.define(compiler.rules.declare(), compiler.bare(nodes, end)));
    }

    private Gbnf bare(List<SchemaNode> nodes, String end) {
        BareText text = new BareText(end, List.of(), Set.of(ValueType.STRING), BareText.Quoting.NONE);
        BareStrings bare = new BareStrings(rules, sets, strings, limits, effort);
        Gbnf mark = Gbnf.literal(end);
        List<Gbnf> ways = new ArrayList<>();
        for (Shape shape : conjunctions.alternatives(nodes, Reading.WRITTEN)) {
            switch (shape) {
                case Shape.Text strings -> ways.add(bare.of(strings, text, mark));
                case Shape.Values values ->
                    values.strings().stream()
                            .filter(string -> !string.contains(end))
                            .forEach(string -> ways.add(Gbnf.sequence(Gbnf.literal(string), mark)));
                default -> throw new AssertionError("no string: " + shape);
            }
        }
        return Gbnf.choice(ways);
    }

    private String grammar(Runnable root) {
        String path = "";
        try {
            root.run();
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
            throw new UnsupportedSchema("schema", path, requireNonNull(e.getMessage()));
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
        return Gbnf.choice(conjunctions.alternatives(nodes, Reading.WRITTEN).stream()
                .map(this::json)
                .toList());
    }

    private Gbnf json(Shape shape) {
        return switch (shape) {
            case Shape.Values values -> literals(values.values());
            case Shape.Text text -> orEmpty(strings.of(text), text, TEXT_KEYWORDS);
            case Shape.Numeric numeric ->
                orEmpty(numbers.of(numeric).orElse(Gbnf.Alternation.NEVER), numeric, NUMBER_KEYWORDS);
            case Shape.Array array -> arrays.of(array);
            case Shape.Members members -> objects.of(members);
        };
    }

    /** Objects whose members stand between marks. */
    private Gbnf between(MarkedMembers marks, List<SchemaNode> nodes) {
        BareStrings bare = new BareStrings(rules, sets, strings, limits, effort);
        var notation = new MarkedObjects(marks, rules, sets, conjunctions, this::json, bare, limits, effort);
        List<Gbnf> ways = new ArrayList<>();
        for (Shape shape : conjunctions.alternatives(nodes, Reading.WRITTEN)) {
            switch (shape) {
                case Shape.Members members -> ways.add(new ObjectRules(rules, notation).of(members));
                case Shape.Values values ->
                    values.values().forEach(value -> ways.add(members(notation, (Map<?, ?>) value)));
                default -> throw new AssertionError("no object: " + shape);
            }
        }
        return Gbnf.choice(ways);
    }

    private Gbnf orEmpty(Gbnf rule, Shape shape, List<String> keywords) {
        if (rule.equals(Gbnf.Alternation.NEVER)) {
            for (String keyword : keywords) {
                shape.nodes().stream()
                        .filter(node -> node.has(keyword))
                        .forEach(node -> conjunctions.contradicted(node, keyword));
            }
        }
        return rule;
    }

    private static Gbnf members(ObjectNotation notation, Map<?, ?> object) {
        List<Gbnf> parts = new ArrayList<>();
        object.forEach((name, value) -> parts.add(
                notation.member((String) name, List.of(new SchemaNode(constant(value), "const of " + name + value)))));
        return Gbnf.sequence(parts);
    }

    private static Map<String, Object> constant(Object value) {
        Map<String, Object> constant = new HashMap<>();
        constant.put("const", value);
        return constant;
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
