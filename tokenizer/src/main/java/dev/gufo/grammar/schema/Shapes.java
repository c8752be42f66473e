package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.DecimalPattern.Bound;
import dev.gufo.grammar.strings.Effort;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What schemas that apply together leave of each type. */
final class Shapes {
    private static final int MOST_CONTAINED = 20;

    private final ObjectShapes objects;

    Shapes(Conjunctions conjunctions, StringSets strings, SchemaLimits limits, Effort effort) {
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
        if (types.contains(JsonType.OBJECT)) {
            found.add(objects.of(nodes, reading));
        }
        if (types.contains(JsonType.ARRAY)) {
            found.add(array(nodes, reading));
        }
        if (types.contains(JsonType.STRING)) {
            found.add(text(nodes));
        }
        if (types.contains(JsonType.INTEGER) || types.contains(JsonType.FRACTION)) {
            found.add(numeric(nodes, types.contains(JsonType.INTEGER), types.contains(JsonType.FRACTION)));
        }
        if (!plain.isEmpty()) {
            found.add(new Shape.Values(nodes, plain));
        }
        return found;
    }

    private static Shape text(List<SchemaNode> nodes) {
        int least = 0;
        int most = Gbnf.UNBOUNDED;
        List<Shape.Source> patterns = new ArrayList<>();
        List<String> formats = new ArrayList<>();
        List<Shape.Source> avoided = new ArrayList<>();
        List<String> excluded = new ArrayList<>();
        for (SchemaNode node : nodes) {
            least = Math.max(least, node.count("minLength", 0));
            most = Math.min(most, node.count("maxLength", Gbnf.UNBOUNDED));
            node.text("pattern").ifPresent(pattern -> patterns.add(new Shape.Source(node, pattern)));
            node.text("format")
                    .filter(format -> StringFormats.of(format).isPresent() && !formats.contains(format))
                    .ifPresent(formats::add);
            if (node.isDerived()) {
                node.text(SchemaKeywords.AVOIDED).ifPresent(pattern -> avoided.add(new Shape.Source(node, pattern)));
                excluded.addAll(node.names(SchemaKeywords.EXCLUDED));
            }
        }
        return new Shape.Text(nodes, least, most, patterns, formats, avoided, excluded);
    }

    private static Shape numeric(List<SchemaNode> nodes, boolean integers, boolean fractions) {
        Optional<Bound> low = Optional.empty();
        Optional<Bound> high = Optional.empty();
        List<BigDecimal> steps = new ArrayList<>();
        for (SchemaNode node : nodes) {
            low = Stream.of(low, bound(node, "minimum", false), bound(node, "exclusiveMinimum", true))
                    .flatMap(Optional::stream)
                    .max((a, b) -> order(a, b, 1));
            high = Stream.of(high, bound(node, "maximum", false), bound(node, "exclusiveMaximum", true))
                    .flatMap(Optional::stream)
                    .min((a, b) -> order(a, b, -1));
            Optional<BigDecimal> step = node.number("multipleOf");
            if (step.isPresent() && step.get().signum() <= 0) {
                throw node.refuse("multipleOf", "must be positive");
            }
            step.filter(one -> !steps.contains(one)).ifPresent(steps::add);
        }
        return new Shape.Numeric(nodes, integers, fractions, low, high, steps);
    }

    private static int order(Bound a, Bound b, int excludedFirst) {
        int order = a.value().compareTo(b.value());
        return order != 0 ? order : excludedFirst * Boolean.compare(a.excluded(), b.excluded());
    }

    private static Optional<Bound> bound(SchemaNode node, String keyword, boolean excluded) {
        return node.number(keyword).map(value -> new Bound(value, excluded));
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
        List<SchemaNode> contained = List.of();
        if (reading == Reading.WRITTEN) {
            refuseArrayKeywords(nodes);
            contained = contained(nodes);
        }
        List<List<SchemaNode>> first = new ArrayList<>();
        for (int i = 0; i < Math.max(prefix, contained.size()); i++) {
            List<SchemaNode> item = itemsAt(nodes, i);
            if (i < contained.size()) {
                item.add(contained.get(i));
            }
            first.add(item);
        }
        least = Math.max(least, contained.size());
        boolean further = open || !described || least > prefix;
        boolean unique = nodes.stream().anyMatch(node -> node.isTrue("uniqueItems"));
        List<SchemaNode> rest = further ? itemsAt(nodes, Integer.MAX_VALUE) : null;
        return new Shape.Array(nodes, first, rest, least, most, unique);
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

    /** What the first items must satisfy, so that there are enough of those that the array has to contain. */
    private static List<SchemaNode> contained(List<SchemaNode> nodes) {
        List<SchemaNode> contained = new ArrayList<>();
        for (SchemaNode node : nodes) {
            int least = node.has("contains") ? node.count("minContains", 1) : 0;
            if (node.has("contains") && node.has("maxContains")) {
                throw node.refuse("maxContains", "is supported beside enum and const only");
            }
            if (least > MOST_CONTAINED || (least > 0 && !contained.isEmpty())) {
                throw node.refuse(
                        "contains", "is supported once for a value and for up to %d items".formatted(MOST_CONTAINED));
            }
            contained.addAll(Collections.nCopies(
                    least, least > 0 ? node.child("contains").orElseThrow() : null));
        }
        return contained;
    }

    private static void refuseArrayKeywords(List<SchemaNode> nodes) {
        for (SchemaNode node : nodes) {
            if (node.has("unevaluatedItems") && !node.isTrue("unevaluatedItems")) {
                throw node.refuse("unevaluatedItems", "is not supported");
            }
        }
    }
}
