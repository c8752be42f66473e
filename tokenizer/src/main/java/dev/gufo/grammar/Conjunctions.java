package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What satisfies several schemas at once, as alternatives of one type each: {@code $ref} and {@code allOf} are followed, {@code anyOf} and
 * {@code oneOf} multiplied out.
 */
final class Conjunctions {
    /** What the alternatives are for. */
    enum Reading {
        /** Everything in them is to be written: each value satisfies the schemas, for sure, but some that would are left out. */
        WRITTEN,
        /** Nothing that satisfies the schemas is missing. */
        ADMITTED
    }

    /** The schemas that led to one that applies to the same value. */
    private record Chain(SchemaNode node, Chain outer, int length) {}

    private record Choice(SchemaNode node, String keyword, List<SchemaNode> branches, Chain chain) {}

    /** Schemas that apply together. */
    private static final class Gathered {
        final Map<String, SchemaNode> nodes = new LinkedHashMap<>();
        final List<Choice> choices = new ArrayList<>();
        boolean impossible;

        Gathered copyWithout(Choice choice) {
            Gathered copy = new Gathered();
            copy.nodes.putAll(nodes);
            copy.choices.addAll(choices);
            copy.choices.remove(choice);
            copy.impossible = impossible;
            return copy;
        }
    }

    private final SchemaDocument document;
    private final SchemaLimits limits;
    private final Effort effort;
    private final SchemaValidation validation;
    private final Shapes shapes;
    private final Exclusion exclusion;
    private UnsupportedSchema contradiction;

    Conjunctions(SchemaDocument document, SchemaLimits limits, Effort effort, StringSets strings) {
        this.document = document;
        this.limits = limits;
        this.effort = effort;
        this.validation = new SchemaValidation(document, strings, limits, effort);
        this.shapes = new Shapes(this, strings, limits, effort);
        this.exclusion = new Exclusion(this, strings, limits, effort);
    }

    /** The first place at which nothing was left; empty if there was none. */
    Optional<UnsupportedSchema> contradiction() {
        return Optional.ofNullable(contradiction);
    }

    void contradicted(SchemaNode node, String keyword) {
        contradicted(node, keyword, "allows nothing, together with what else applies there");
    }

    void contradicted(SchemaNode node, String keyword, String why) {
        if (contradiction == null) {
            contradiction = node.refuse(keyword, why);
        }
    }

    SchemaValidation validation() {
        return validation;
    }

    List<Shape> alternatives(List<SchemaNode> nodes, Reading reading) {
        Gathered gathered = new Gathered();
        nodes.forEach(node -> gather(gathered, node, null));
        return expand(gathered, reading);
    }

    private void gather(Gathered gathered, SchemaNode node, Chain chain) {
        effort.spend(2);
        if (node.allowsNothing()) {
            contradicted(node, "schema");
            gathered.impossible = true;
        }
        if (node.allowsNothing() || SchemaKeywords.allowsEverything(node)) {
            return;
        }
        for (Chain outer = chain; outer != null; outer = outer.outer) {
            if (outer.node.path().equals(node.path())) {
                throw chain.node.refuse(
                        chain.node.has("$ref") ? "$ref" : "schema",
                        "leads back to itself without ever describing a value");
            }
        }
        int length = chain == null ? 1 : chain.length + 1;
        if (length > limits.depth()) {
            throw node.refuse(
                    "$ref", "is one of more than %d schemas in a row for one value".formatted(limits.depth()));
        }
        if (gathered.nodes.putIfAbsent(node.path(), node) != null) {
            return;
        }
        Chain inner = new Chain(node, chain, length);
        for (String keyword : List.of("$dynamicRef", "$recursiveRef")) {
            if (node.has(keyword)) {
                throw node.refuse(keyword, "is not supported");
            }
        }
        if (node.has("$ref")) {
            gather(gathered, document.target(node), inner);
        }
        node.children("allOf").forEach(member -> gather(gathered, member, inner));
        for (String keyword : List.of("anyOf", "oneOf")) {
            List<SchemaNode> branches = node.children(keyword);
            if (!branches.isEmpty()) {
                gathered.choices.add(new Choice(node, keyword, branches, inner));
            }
        }
    }

    private List<Shape> expand(Gathered gathered, Reading reading) {
        effort.spend(1 + gathered.nodes.size());
        if (gathered.impossible) {
            return List.of();
        }
        List<SchemaNode> nodes = List.copyOf(gathered.nodes.values());
        for (SchemaNode node : nodes) {
            Optional<List<?>> values = SchemaKeywords.values(node, limits.enumValues());
            if (values.isPresent()) {
                return values(node, values.get(), nodes);
            }
        }
        Set<JsonType> types = types(nodes);
        if (types.isEmpty()) {
            return List.of();
        }
        if (gathered.choices.isEmpty()) {
            return byType(nodes, types, reading);
        }
        Choice choice = gathered.choices.getFirst();
        List<List<Shape>> groups = new ArrayList<>();
        int size = 0;
        for (SchemaNode branch : choice.branches) {
            Gathered with = gathered.copyWithout(choice);
            gather(with, branch, choice.chain);
            groups.add(expand(with, reading));
            size += groups.getLast().size();
            if (size > limits.alternatives()) {
                throw choice.node.refuse(
                        choice.keyword, "makes more than %d combinations".formatted(limits.alternatives()));
            }
        }
        if (choice.keyword.equals("oneOf") && reading == Reading.WRITTEN) {
            requireExclusive(choice, groups);
        }
        return groups.stream().flatMap(List::stream).toList();
    }

    /** Keeps of an enumeration what satisfies everything; so nothing else needs to be looked at. */
    private List<Shape> values(SchemaNode node, List<?> values, List<SchemaNode> nodes) {
        List<Object> kept = new ArrayList<>();
        for (Object value : values) {
            if (validation.satisfies(value, nodes)) {
                kept.add(value);
            }
        }
        if (kept.isEmpty()) {
            contradicted(node, node.has("const") ? "const" : "enum");
            return List.of();
        }
        return List.of(new Shape.Values(nodes, kept));
    }

    private Set<JsonType> types(List<SchemaNode> nodes) {
        Set<JsonType> types = EnumSet.allOf(JsonType.class);
        for (SchemaNode node : nodes) {
            types.retainAll(JsonType.allowed(node));
            if (types.isEmpty()) {
                contradicted(node, "type");
            }
        }
        return types;
    }

    private List<Shape> byType(List<SchemaNode> nodes, Set<JsonType> allowed, Reading reading) {
        Set<JsonType> types = EnumSet.copyOf(allowed);
        if (reading == Reading.WRITTEN && nodes.stream().noneMatch(node -> node.has("type"))) {
            Set<JsonType> meant = EnumSet.noneOf(JsonType.class);
            nodes.forEach(node -> meant.addAll(JsonType.meant(node)));
            if (!meant.isEmpty()) {
                types.retainAll(meant);
            }
        }
        List<Shape> found = new ArrayList<>();
        for (Shape shape : shapes.of(nodes, types, reading)) {
            Optional<Shape> kept = shape instanceof Shape.Values values
                    ? satisfying(values)
                    : reading == Reading.WRITTEN ? exclusion.withoutNegated(shape) : Optional.of(shape);
            kept.ifPresent(found::add);
        }
        return found;
    }

    private Optional<Shape> satisfying(Shape.Values values) {
        List<Object> kept = new ArrayList<>();
        for (Object value : values.values()) {
            if (validation.satisfies(value, values.nodes())) {
                kept.add(value);
            }
        }
        return kept.isEmpty() ? Optional.empty() : Optional.of(new Shape.Values(values.nodes(), kept));
    }

    /** Values in an enumeration were judged already, by the schema that holds the choice. */
    private void requireExclusive(Choice choice, List<List<Shape>> groups) {
        for (int i = 0; i < groups.size(); i++) {
            List<Shape> others = alternatives(List.of(choice.branches.get(i)), Reading.ADMITTED);
            for (int j = 0; j < groups.size(); j++) {
                for (Shape shape : i == j ? List.<Shape>of() : groups.get(j)) {
                    if (!exclusion.avoids(shape, others)) {
                        throw choice.node.refuse(
                                choice.keyword,
                                "has branches %d and %d that one value may satisfy both; anyOf would do"
                                        .formatted(Math.min(i, j), Math.max(i, j)));
                    }
                }
            }
        }
    }
}
