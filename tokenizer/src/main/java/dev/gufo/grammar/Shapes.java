package dev.gufo.grammar;

import dev.gufo.grammar.Conjunctions.Reading;
import dev.gufo.grammar.DecimalPattern.Bound;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What schemas that apply together leave of each type. */
final class Shapes {
    private final StringSets strings;
    private final ObjectShapes objects;

    Shapes(Conjunctions conjunctions, StringSets strings, SchemaLimits limits, Effort effort) {
        this.strings = strings;
        this.objects = new ObjectShapes(conjunctions, strings, limits, effort);
    }

    List<Shape> of(List<SchemaNode> nodes, Set<JsonType> types, Reading reading) {
        List<Shape> found = new ArrayList<>();
        List<Object> plain = new ArrayList<>();
        if (types.contains(JsonType.BOOLEAN)) {
            plain.addAll(List.of(true, false));
        }
        if (types.contains(JsonType.NULL)) {
            plain.add(null);
        }
        if (!types.stream().allMatch(type -> type == JsonType.BOOLEAN || type == JsonType.NULL)
                && reading == Reading.WRITTEN) {
            refuseConditions(nodes);
        }
        if (types.contains(JsonType.OBJECT)) {
            found.add(objects.of(nodes, reading));
        }
        if (types.contains(JsonType.ARRAY)) {
            found.add(array(nodes, reading));
        }
        if (types.contains(JsonType.STRING)) {
            found.add(text(nodes));
        }
        if (types.contains(JsonType.INTEGER)) {
            found.add(numeric(nodes, !types.contains(JsonType.FRACTION), reading));
        }
        if (!plain.isEmpty()) {
            found.add(new Shape.Values(nodes, plain));
        }
        return found;
    }

    private static void refuseConditions(List<SchemaNode> nodes) {
        for (SchemaNode node : nodes) {
            if (node.has("if") && (node.has("then") || node.has("else"))) {
                throw node.refuse("if", "is supported beside enum and const only");
            }
        }
    }

    private Shape text(List<SchemaNode> nodes) {
        int least = 0;
        int most = Gbnf.UNBOUNDED;
        List<Shape.Source> patterns = new ArrayList<>();
        List<String> formats = new ArrayList<>();
        for (SchemaNode node : nodes) {
            least = Math.max(least, node.count("minLength", 0));
            most = Math.min(most, node.count("maxLength", Gbnf.UNBOUNDED));
            node.text("pattern").ifPresent(pattern -> patterns.add(new Shape.Source(node, pattern)));
            node.text("format")
                    .filter(format -> !strings.ofFormat(format).isEmpty() && !formats.contains(format))
                    .ifPresent(formats::add);
        }
        return new Shape.Text(nodes, least, most, patterns, formats, List.of());
    }

    private static Shape numeric(List<SchemaNode> nodes, boolean integer, Reading reading) {
        Optional<Bound> low = Optional.empty();
        Optional<Bound> high = Optional.empty();
        Optional<Integer> fraction = integer ? Optional.of(0) : Optional.empty();
        for (SchemaNode node : nodes) {
            low = Stream.of(low, bound(node, "minimum", false), bound(node, "exclusiveMinimum", true))
                    .flatMap(Optional::stream)
                    .max((a, b) -> order(a, b, 1));
            high = Stream.of(high, bound(node, "maximum", false), bound(node, "exclusiveMaximum", true))
                    .flatMap(Optional::stream)
                    .min((a, b) -> order(a, b, -1));
            Optional<BigDecimal> step = node.number("multipleOf");
            if (step.isPresent() && reading == Reading.WRITTEN) {
                fraction = Optional.of(
                        Math.min(fractionDigits(node, step.get(), integer), fraction.orElse(Integer.MAX_VALUE)));
            }
        }
        return new Shape.Numeric(nodes, low, high, fraction);
    }

    private static int order(Bound a, Bound b, int excludedFirst) {
        int order = a.value().compareTo(b.value());
        return order != 0 ? order : excludedFirst * Boolean.compare(a.excluded(), b.excluded());
    }

    private static Optional<Bound> bound(SchemaNode node, String keyword, boolean excluded) {
        return node.number(keyword).map(value -> new Bound(value, excluded));
    }

    /** How many digits may follow the point in multiples of {@code step}. */
    private static int fractionDigits(SchemaNode node, BigDecimal step, boolean integer) {
        if (step.signum() <= 0) {
            throw node.refuse("multipleOf", "must be positive");
        }
        if (integer && BigDecimal.ONE.remainder(step).signum() == 0) {
            return 0;
        }
        BigDecimal stripped = step.stripTrailingZeros();
        if (!stripped.unscaledValue().equals(BigInteger.ONE) || stripped.scale() < 0) {
            throw node.refuse(
                    "multipleOf", "is supported for 1, 0.1, 0.01 and so on, and for integers where it divides 1");
        }
        return stripped.scale();
    }

    private static Shape array(List<SchemaNode> nodes, Reading reading) {
        int least = 0;
        int most = Gbnf.UNBOUNDED;
        int prefix = 0;
        boolean described = false;
        boolean open = false;
        for (SchemaNode node : nodes) {
            least = Math.max(least, node.count("minItems", 0));
            most = Math.min(most, node.count("maxItems", Gbnf.UNBOUNDED));
            int first = SchemaKeywords.prefixItems(node).size();
            prefix = Math.max(prefix, first);
            open |= SchemaKeywords.furtherItems(node).isPresent();
            described |= first > 0;
        }
        if (reading == Reading.WRITTEN) {
            refuseArrayKeywords(nodes, most);
        }
        List<List<SchemaNode>> first = new ArrayList<>();
        for (int i = 0; i < prefix; i++) {
            first.add(itemsAt(nodes, i));
        }
        boolean further = open || !described || least > prefix;
        return new Shape.Array(nodes, first, further ? itemsAt(nodes, Integer.MAX_VALUE) : null, least, most);
    }

    private static List<SchemaNode> itemsAt(List<SchemaNode> nodes, int index) {
        List<SchemaNode> schemas = new ArrayList<>();
        for (SchemaNode node : nodes) {
            List<SchemaNode> prefix = SchemaKeywords.prefixItems(node);
            if (index < prefix.size()) {
                schemas.add(prefix.get(index));
            } else {
                SchemaKeywords.furtherItems(node).ifPresent(schemas::add);
            }
        }
        return schemas;
    }

    private static void refuseArrayKeywords(List<SchemaNode> nodes, int most) {
        for (SchemaNode node : nodes) {
            if (node.has("contains")) {
                throw node.refuse("contains", "is supported beside enum and const only");
            }
            if (node.has("unevaluatedItems") && !node.isTrue("unevaluatedItems")) {
                throw node.refuse("unevaluatedItems", "is not supported");
            }
            if (node.isTrue("uniqueItems") && most > 1) {
                throw node.refuse("uniqueItems", "is supported beside enum and const, or for at most one item");
            }
        }
    }
}
