package dev.gufo.grammar;

import dev.gufo.grammar.Conjunctions.Reading;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What schemas that apply together leave of objects. Where none of them says anything about properties, any may be written; otherwise those
 * that are listed, and further ones only if {@code additionalProperties} or {@code patternProperties} invites them.
 */
final class ObjectShapes {
    private static final int MOST_GROUPS = 16;

    /** Names without a place in {@code properties}; {@code invited} if some schema speaks of them. */
    private record Group(List<StringSet> names, List<SchemaNode> schemas, boolean invited) {
        Group with(List<StringSet> moreNames, Optional<SchemaNode> schema) {
            List<StringSet> allNames = new ArrayList<>(names);
            allNames.addAll(moreNames);
            List<SchemaNode> all = new ArrayList<>(schemas);
            schema.ifPresent(all::add);
            return new Group(allNames, all, invited || schema.isPresent());
        }
    }

    private final Conjunctions conjunctions;
    private final StringSets strings;
    private final SchemaLimits limits;
    private final Effort effort;

    ObjectShapes(Conjunctions conjunctions, StringSets strings, SchemaLimits limits, Effort effort) {
        this.conjunctions = conjunctions;
        this.strings = strings;
        this.limits = limits;
        this.effort = effort;
    }

    Shape of(List<SchemaNode> nodes, Reading reading) {
        List<PropertyRules> rules =
                nodes.stream().map(node -> PropertyRules.of(node, strings)).toList();
        Set<String> required = new LinkedHashSet<>();
        nodes.forEach(node -> required.addAll(node.names("required")));
        Set<String> names = new LinkedHashSet<>();
        rules.forEach(rule -> names.addAll(rule.listed().keySet()));
        names.addAll(required);
        Map<String, Shape.Property> properties = new LinkedHashMap<>();
        for (String name : names) {
            properties.put(name, new Shape.Property(schemasOf(name, rules), required.contains(name)));
        }
        int least = nodes.stream()
                .mapToInt(node -> node.count("minProperties", 0))
                .max()
                .orElse(0);
        int most = nodes.stream()
                .mapToInt(node -> node.count("maxProperties", Gbnf.UNBOUNDED))
                .min()
                .orElse(Gbnf.UNBOUNDED);
        if (reading == Reading.ADMITTED) {
            return new Shape.Members(nodes, properties, List.of(), least, most);
        }
        List<Shape.Extra> extras = extras(rules, names);
        nodes.forEach(node -> refuseKeywords(node, required, names, !extras.isEmpty()));
        return new Shape.Members(nodes, properties, extras, least, most);
    }

    private List<SchemaNode> schemasOf(String name, List<PropertyRules> rules) {
        List<SchemaNode> schemas = new ArrayList<>();
        for (PropertyRules rule : rules) {
            effort.spend(1);
            schemas.addAll(rule.schemasOf(name));
            Optional<SchemaNode> naming = rule.node().child("propertyNames");
            if (naming.isPresent() && !conjunctions.validation().satisfies(name, naming.get())) {
                schemas.add(new SchemaNode(false, naming.get().path()));
            }
        }
        return schemas;
    }

    private List<Shape.Extra> extras(List<PropertyRules> rules, Set<String> listed) {
        boolean free = rules.stream().noneMatch(PropertyRules::saysAnything);
        List<Group> groups = List.of(new Group(List.of(), List.of(), free));
        for (PropertyRules rule : rules) {
            groups = divided(groups, rule);
        }
        List<StringSet> unlisted = listed.isEmpty() ? List.of() : List.of(new StringSet.Outside(new Words(listed)));
        List<Shape.Extra> extras = new ArrayList<>();
        for (Group group : groups) {
            if (group.invited && group.schemas.stream().noneMatch(SchemaNode::allowsNothing)) {
                named(group.with(unlisted, Optional.empty()), rules)
                        .ifPresent(one -> extras.add(new Shape.Extra(one.names, one.schemas)));
            }
        }
        return extras;
    }

    /** Each group once for each pattern of the schema that a name may match, and once for the names that match none. */
    private List<Group> divided(List<Group> groups, PropertyRules rule) {
        requireApart(rule);
        List<StringSet> unmatched = new ArrayList<>();
        rule.matching().values().forEach(set -> unmatched.add(new StringSet.Outside(set)));
        List<Group> divided = new ArrayList<>();
        for (Group group : groups) {
            rule.patterns()
                    .forEach((pattern, schema) -> divided.add(group.with(
                            List.of(strings.ofPattern(rule.node(), "patternProperties", pattern, false)),
                            Optional.of(schema))));
            divided.add(group.with(unmatched, rule.additional()));
        }
        if (divided.size() > MOST_GROUPS) {
            throw rule.node()
                    .refuse("patternProperties", "divides names into more than %d groups".formatted(MOST_GROUPS));
        }
        return divided;
    }

    /** A name that matches two patterns would have to satisfy both schemas. */
    private void requireApart(PropertyRules rule) {
        List<StringSet> sets = List.copyOf(rule.matching().values());
        if (sets.size() > MOST_GROUPS) {
            throw rule.node().refuse("patternProperties", "has more than %d patterns".formatted(MOST_GROUPS));
        }
        for (int i = 0; i < sets.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!isEmpty(rule, List.of(sets.get(i), sets.get(j)))) {
                    throw rule.node().refuse("patternProperties", "has patterns that match the same name");
                }
            }
        }
    }

    private boolean isEmpty(PropertyRules rule, List<StringSet> sets) {
        try {
            return Automaton.of(sets, limits.patternStates(), effort).isEmpty();
        } catch (PatternException e) {
            throw rule.node().refuse("patternProperties", e.getMessage());
        }
    }

    /** The group with names as {@code propertyNames} wants them; empty if it wants none. */
    private Optional<Group> named(Group group, List<PropertyRules> rules) {
        Group named = group;
        for (PropertyRules rule : rules) {
            Optional<SchemaNode> naming = rule.node().child("propertyNames");
            if (naming.isEmpty() || SchemaKeywords.allowsEverything(naming.get())) {
                continue;
            }
            List<Shape> shapes = conjunctions.alternatives(
                    List.of(naming.get(), new SchemaNode(Map.of("type", "string"), "string")), Reading.WRITTEN);
            if (shapes.isEmpty()) {
                return Optional.empty();
            }
            if (shapes.size() > 1 || !(shapes.getFirst() instanceof Shape.Text text)) {
                throw rule.node().refuse("propertyNames", "is supported with keywords about strings only");
            }
            named = named.with(sets(text), Optional.empty());
        }
        return Optional.of(named);
    }

    private List<StringSet> sets(Shape.Text text) {
        List<StringSet> sets = new ArrayList<>();
        if (text.least() > 0 || text.most() < Gbnf.UNBOUNDED) {
            sets.add(new StringSet.OfLength(text.least(), text.most()));
        }
        text.patterns()
                .forEach(source -> sets.add(strings.ofPattern(source.node(), "pattern", source.pattern(), false)));
        text.formats().forEach(format -> sets.addAll(strings.ofFormat(format)));
        if (!text.excluded().isEmpty()) {
            sets.add(new StringSet.Outside(new Words(text.excluded())));
        }
        return sets;
    }

    private static void refuseKeywords(SchemaNode node, Set<String> required, Set<String> names, boolean open) {
        for (String keyword : List.of("dependencies", "dependentSchemas", "unevaluatedProperties")) {
            if (node.has(keyword) && !node.isTrue(keyword)) {
                throw node.refuse(keyword, "is not supported");
            }
        }
        SchemaKeywords.dependentRequired(node).forEach((name, needed) -> {
            if ((open || names.contains(name)) && !required.containsAll(needed)) {
                throw node.refuse("dependentRequired", "is supported only where what it needs is required anyway");
            }
        });
    }
}
