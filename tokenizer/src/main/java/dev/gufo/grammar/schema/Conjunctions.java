package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.strings.Effort;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What satisfies several schemas at once, as alternatives of one type each: {@code $ref} and {@code allOf} are
 * followed; {@code anyOf}, {@code oneOf}, {@code not}, {@code if} and dependencies are choices, which are multiplied
 * out.
 */
final class Conjunctions {
    /** What the alternatives are for. */
    enum Reading {
        /**
         * Everything in them is to be written: each value satisfies the schemas, for sure, but some that would are left
         * out.
         */
        WRITTEN,
        /** Nothing that satisfies the schemas is missing. */
        ADMITTED;

        Reading other() {
            return this == WRITTEN ? ADMITTED : WRITTEN;
        }
    }

    /** The schemas that led to one that applies to the same value. */
    private record Chain(SchemaNode node, @Nullable Chain outer, int length) {}

    /** Branches of which each is schemas that apply together. */
    private record Choice(
            SchemaNode node,
            String keyword,
            List<List<SchemaNode>> branches,
            @Nullable Chain chain) {}

    /** Schemas that apply together. */
    private static final class Gathered {
        final Map<String, SchemaNode> nodes = new LinkedHashMap<>();
        final List<Choice> choices = new ArrayList<>();
        final Reading reading;
        boolean impossible;

        Gathered(Reading reading) {
            this.reading = reading;
        }

        Gathered copyWithout(Choice choice) {
            Gathered copy = new Gathered(reading);
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
    private final Negation negation;
    /** What was found of the properties of objects that may turn out to be impossible, by the keys of their schemas. */
    private final Map<Set<String>, Boolean> satisfiable = new HashMap<>();

    private int depth;
    private @Nullable UnsupportedSchema contradiction;

    Conjunctions(SchemaDocument document, SchemaLimits limits, Effort effort, StringSets strings) {
        this.document = document;
        this.limits = limits;
        this.effort = effort;
        this.validation = new SchemaValidation(document, strings, limits, effort);
        this.shapes = new Shapes(this, strings, limits, effort);
        this.exclusion = new Exclusion(this, strings, limits, effort);
        this.negation = new Negation(document, limits);
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

    /** Whether no value that is written for the first schemas satisfies the others. */
    boolean differ(List<SchemaNode> written, List<SchemaNode> others) {
        return exclusion.differ(written, others);
    }

    List<Shape> alternatives(List<SchemaNode> nodes, Reading reading) {
        Gathered gathered = new Gathered(reading);
        nodes.forEach(node -> gather(gathered, node, null));
        return expand(gathered);
    }

    private void gather(Gathered gathered, SchemaNode node, @Nullable Chain chain) {
        effort.spend(2);
        if (node.allowsNothing()) {
            contradicted(node, "schema");
            gathered.impossible = true;
        }
        if (node.allowsNothing() || SchemaKeywords.allowsEverything(node)) {
            return;
        }
        for (Chain outer = chain; outer != null; outer = outer.outer) {
            if (outer.node.key().equals(node.key())) {
                throw requireNonNull(chain)
                        .node
                        .refuse(
                                chain.node.has("$ref") ? "$ref" : "schema",
                                "leads back to itself without ever describing a value");
            }
        }
        int length = chain == null ? 1 : chain.length + 1;
        if (length > limits.input().depth()) {
            throw node.refuse(
                    "$ref",
                    "is one of more than %d schemas in a row for one value"
                            .formatted(limits.input().depth()));
        }
        if (gathered.nodes.putIfAbsent(node.key(), node) != null) {
            return;
        }
        Chain inner = new Chain(node, chain, length);
        document.targets(node).forEach(target -> gather(gathered, target, inner));
        Unevaluated.properties(node, document).ifPresent(rule -> gather(gathered, rule, inner));
        node.children("allOf").forEach(member -> gather(gathered, member, inner));
        for (String keyword : List.of("anyOf", "oneOf")) {
            List<SchemaNode> branches = node.children(keyword);
            if (!branches.isEmpty()) {
                gathered.choices.add(new Choice(
                        node, keyword, branches.stream().map(List::of).toList(), inner));
            }
        }
        if (gathered.reading == Reading.WRITTEN) {
            negations(gathered, node, inner);
        }
    }

    /** What forbids something, as choices of what is left. */
    private void negations(Gathered gathered, SchemaNode node, @Nullable Chain chain) {
        node.child("not").ifPresent(not -> {
            effort.spend(20);
            choose(
                    gathered,
                    new Choice(
                            node,
                            "not",
                            negation.ways(not).stream().map(List::of).toList(),
                            chain));
        });
        Optional<SchemaNode> condition = node.child("if");
        if (condition.isPresent() && (node.has("then") || node.has("else"))) {
            List<SchemaNode> fulfilled = new ArrayList<>(List.of(condition.get()));
            node.child("then").ifPresent(fulfilled::add);
            List<SchemaNode> otherwise = new ArrayList<>(List.of(Negation.of(condition.get())));
            node.child("else").ifPresent(otherwise::add);
            choose(gathered, new Choice(node, "if", List.of(fulfilled, otherwise), chain));
        }
        SchemaKeywords.dependencies(node).forEach((name, needed) -> {
            List<SchemaNode> present = new ArrayList<>(List.of(Negation.present(node, name)));
            present.add(
                    needed instanceof SchemaNode schema
                            ? schema
                            : node.derived("needs " + name, Map.of("required", needed)));
            choose(
                    gathered,
                    new Choice(node, "dependencies", List.of(List.of(Negation.absent(node, name)), present), chain));
        });
    }

    private void choose(Gathered gathered, Choice choice) {
        switch (choice.branches.size()) {
            case 0 -> {
                contradicted(choice.node, choice.keyword);
                gathered.impossible = true;
            }
            case 1 -> choice.branches.getFirst().forEach(node -> gather(gathered, node, choice.chain));
            default -> gathered.choices.add(choice);
        }
    }

    private List<Shape> expand(Gathered gathered) {
        effort.spend(1 + gathered.nodes.size());
        if (gathered.impossible) {
            return List.of();
        }
        List<SchemaNode> nodes = List.copyOf(gathered.nodes.values());
        for (SchemaNode node : nodes) {
            Optional<List<?>> values = SchemaKeywords.values(node, limits.work().enumValues());
            if (values.isPresent()) {
                return values(node, values.get(), nodes);
            }
        }
        Set<JsonType> types = types(nodes);
        if (types.isEmpty()) {
            return List.of();
        }
        gathered.choices.removeIf(choice -> isMade(choice, types));
        if (types.equals(EnumSet.of(JsonType.OBJECT)) && isImpossible(nodes)) {
            return List.of();
        }
        if (gathered.choices.isEmpty()) {
            return byType(nodes, types, gathered.reading);
        }
        Choice choice = gathered.choices.getFirst();
        List<List<Shape>> groups = new ArrayList<>();
        int size = 0;
        for (List<SchemaNode> branch : choice.branches) {
            groups.add(expand(gathered, choice, branch));
            size += groups.getLast().size();
            if (size > limits.work().alternatives()) {
                throw choice.node.refuse(
                        choice.keyword,
                        "makes more than %d combinations"
                                .formatted(limits.work().alternatives()));
            }
        }
        if (choice.keyword.equals("oneOf") && gathered.reading == Reading.WRITTEN) {
            keepApart(gathered, choice, groups);
        }
        return groups.stream().flatMap(List::stream).toList();
    }

    private List<Shape> expand(Gathered gathered, Choice choice, List<SchemaNode> branch) {
        Gathered with = gathered.copyWithout(choice);
        branch.forEach(node -> gather(with, node, choice.chain));
        return expand(with);
    }

    /** Whether a branch demands nothing but types that are given anyway. */
    private static boolean isMade(Choice choice, Set<JsonType> types) {
        return !choice.keyword.equals("oneOf")
                && choice.branches.stream()
                        .anyMatch(branch -> branch.size() == 1
                                && branch.getFirst().isDerived()
                                && branch.getFirst().has(SchemaKeywords.TYPES)
                                && JsonType.allowed(branch.getFirst()).containsAll(types));
    }

    /** Whether a property that objects must have has no value; found without looking deep. */
    private boolean isImpossible(List<SchemaNode> nodes) {
        if (depth > 0) {
            return false;
        }
        Map<String, List<SchemaNode>> demands = new LinkedHashMap<>();
        nodes.forEach(node -> node.names("required").forEach(name -> demands.put(name, new ArrayList<>())));
        for (SchemaNode node : nodes) {
            if (node.get("properties") instanceof Map<?, ?> properties) {
                demands.forEach((name, schemas) -> {
                    if (properties.containsKey(name)) {
                        schemas.add(node.member("properties", name));
                    }
                });
            }
        }
        return demands.values().stream().anyMatch(schemas -> schemas.size() > 1 && !isSatisfiable(schemas));
    }

    private boolean isSatisfiable(List<SchemaNode> schemas) {
        if (schemas.stream().anyMatch(SchemaNode::allowsNothing)) {
            return false;
        }
        Set<String> key = new TreeSet<>();
        schemas.forEach(schema -> key.add(schema.key()));
        Boolean known = satisfiable.get(key);
        if (known == null) {
            UnsupportedSchema before = contradiction;
            depth++;
            try {
                known = !alternatives(schemas, Reading.ADMITTED).isEmpty();
            } catch (UnsupportedSchema e) {
                known = true; // it will be met again where it matters
            } finally {
                depth--;
                contradiction = before;
            }
            satisfiable.put(key, known);
        }
        return known;
    }

    /** Keeps of an enumeration what satisfies everything; so nothing else needs to be looked at. */
    private List<Shape> values(SchemaNode node, List<?> values, List<SchemaNode> nodes) {
        List<Object> kept = new ArrayList<>();
        for (Object value : values) {
            if (validation.satisfies(value, nodes, Reading.WRITTEN)) {
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
            Optional<Shape> kept =
                    shape instanceof Shape.Values values ? satisfying(values, reading) : Optional.of(shape);
            kept.ifPresent(found::add);
        }
        return found;
    }

    private Optional<Shape> satisfying(Shape.Values values, Reading reading) {
        List<Object> kept = new ArrayList<>();
        for (Object value : values.values()) {
            if (validation.satisfies(value, values.nodes(), reading)) {
                kept.add(value);
            }
        }
        return kept.isEmpty() ? Optional.empty() : Optional.of(new Shape.Values(values.nodes(), kept));
    }

    /**
     * Takes from each branch of {@code oneOf} what another one may satisfy too. Values in an enumeration were judged
     * already, by the schema that holds the choice.
     */
    private void keepApart(Gathered gathered, Choice choice, List<List<Shape>> groups) {
        boolean anything = groups.stream().anyMatch(group -> !group.isEmpty());
        List<List<Shape>> admitted = new ArrayList<>();
        for (List<SchemaNode> branch : choice.branches) {
            admitted.add(alternatives(branch, Reading.ADMITTED));
        }
        for (int i = 0; i < groups.size(); i++) {
            List<SchemaNode> branch = new ArrayList<>(choice.branches.get(i));
            for (int j = 0; j < groups.size(); j++) {
                List<Shape> others = admitted.get(j);
                if (i != j && !groups.get(i).stream().allMatch(shape -> exclusion.avoids(shape, others))) {
                    branch.add(Negation.of(choice.branches.get(j).getFirst()));
                }
            }
            if (branch.size() > 1) {
                groups.set(i, expand(gathered, choice, branch));
            }
        }
        if (anything && groups.stream().allMatch(List::isEmpty)) {
            throw choice.node.refuse(choice.keyword, "has branches that can't be told apart for sure; anyOf would do");
        }
    }
}
