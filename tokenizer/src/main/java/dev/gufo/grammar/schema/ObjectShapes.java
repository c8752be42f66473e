package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.StringSet;
import dev.gufo.grammar.strings.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What schemas that apply together leave of objects. Where none of them says anything about properties, any may be
 * written; otherwise those that are listed, and further ones only if {@code additionalProperties} or
 * {@code patternProperties} invites them.
 */
final class ObjectShapes {
    private static final int MOST_GROUPS = 24;
    private static final int MOST_NAMES = 1_000;
    static final SchemaNode STRING = new SchemaNode(Map.of("type", "string"), "string");

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
        Optional<List<String>> all = reading == Reading.WRITTEN ? allNames(rules) : Optional.empty();
        boolean free = rules.stream().noneMatch(PropertyRules::saysAnything);
        all.ifPresent(more -> more.stream()
                .filter(name -> free || rules.stream().anyMatch(rule -> rule.invites(name)))
                .forEach(names::add));
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
        List<Shape.Extra> extras = all.isPresent() ? List.of() : extras(rules, names);
        return new Shape.Members(nodes, properties, extras, least, most);
    }

    private List<SchemaNode> schemasOf(String name, List<PropertyRules> rules) {
        List<SchemaNode> schemas = new ArrayList<>();
        for (PropertyRules rule : rules) {
            effort.spend(1);
            schemas.addAll(rule.schemasOf(name));
            Optional<SchemaNode> naming = rule.node().child("propertyNames");
            if (naming.isPresent() && !conjunctions.validation().satisfies(name, naming.get(), Reading.WRITTEN)) {
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

    /**
     * Each group once for each combination of the schema's patterns that a name may match, and once for the names that
     * match none.
     */
    private List<Group> divided(List<Group> groups, PropertyRules rule) {
        List<Group> divided = new ArrayList<>();
        for (Group group : groups) {
            List<Group> matched = new ArrayList<>();
            Group unmatched = group;
            for (Map.Entry<String, SchemaNode> pattern : rule.patterns().entrySet()) {
                List<StringSet> inside =
                        List.of(strings.ofPattern(rule.node(), "patternProperties", pattern.getKey(), false));
                List<StringSet> outside = List.of(
                        new StringSet.Outside(requireNonNull(rule.matching().get(pattern.getKey()))));
                List<Group> more = new ArrayList<>();
                for (Group one : matched) {
                    Group both = one.with(inside, Optional.of(pattern.getValue()));
                    more.add(one.with(outside, Optional.empty()));
                    if (!isEmpty(both.names)) {
                        more.add(both);
                    }
                }
                more.add(unmatched.with(inside, Optional.of(pattern.getValue())));
                unmatched = unmatched.with(outside, Optional.empty());
                matched = more;
                if (matched.size() > MOST_GROUPS) {
                    throw rule.node()
                            .refuse(
                                    "patternProperties",
                                    "divides names into more than %d groups".formatted(MOST_GROUPS));
                }
            }
            divided.addAll(matched);
            divided.add(unmatched.with(List.of(), rule.additional()));
        }
        if (divided.size() > MOST_GROUPS) {
            throw rule.node()
                    .refuse("patternProperties", "divides names into more than %d groups".formatted(MOST_GROUPS));
        }
        return divided;
    }

    private boolean isEmpty(List<StringSet> sets) {
        try {
            return Automaton.of(sets, limits.work().patternStates(), effort).isEmpty();
        } catch (PatternException e) {
            return false; // too large to be sure; if it is needed, it is refused when it is written
        }
    }

    /** The names that {@code propertyNames} allows if these are an enumeration, so that each can be written once. */
    private Optional<List<String>> allNames(List<PropertyRules> rules) {
        List<SchemaNode> naming = rules.stream()
                .flatMap(rule -> rule.node().child("propertyNames").stream())
                .filter(node -> !SchemaKeywords.allowsEverything(node))
                .toList();
        if (naming.isEmpty()) {
            return Optional.empty();
        }
        List<SchemaNode> nodes = new ArrayList<>(naming);
        nodes.add(STRING);
        List<String> names = new ArrayList<>();
        for (Shape shape : conjunctions.alternatives(nodes, Reading.WRITTEN)) {
            if (!(shape instanceof Shape.Values values) || values.values().size() > MOST_NAMES) {
                return Optional.empty();
            }
            values.values().forEach(value -> names.add((String) value));
        }
        return Optional.of(names);
    }

    /** The group with names as {@code propertyNames} wants them; empty if it wants none. */
    private Optional<Group> named(Group group, List<PropertyRules> rules) {
        Group named = group;
        for (PropertyRules rule : rules) {
            Optional<SchemaNode> naming = rule.node().child("propertyNames");
            if (naming.isEmpty() || SchemaKeywords.allowsEverything(naming.get())) {
                continue;
            }
            List<Shape> shapes = conjunctions.alternatives(List.of(naming.get(), STRING), Reading.WRITTEN);
            if (shapes.isEmpty()) {
                return Optional.empty();
            }
            if (shapes.size() == 1 && shapes.getFirst() instanceof Shape.Values values) {
                named = named.with(List.of(new Words(values.strings())), Optional.empty());
                continue;
            }
            if (shapes.size() > 1 || !(shapes.getFirst() instanceof Shape.Text text)) {
                throw rule.node()
                        .refuse("propertyNames", "is supported with an enumeration or keywords about strings only");
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
        text.avoided()
                .forEach(source -> sets.add(
                        new StringSet.Outside(strings.ofPattern(source.node(), "pattern", source.pattern(), true))));
        if (!text.excluded().isEmpty()) {
            sets.add(new StringSet.Outside(new Words(text.excluded())));
        }
        return sets;
    }
}
