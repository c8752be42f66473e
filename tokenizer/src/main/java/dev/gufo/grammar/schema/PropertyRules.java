package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.strings.StringSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one schema demands of properties by their names.
 *
 * @param listed {@code properties}
 * @param patterns {@code patternProperties}, by pattern
 * @param matching the names that these patterns match, widely read
 * @param additional {@code additionalProperties}
 */
record PropertyRules(
        SchemaNode node,
        Map<String, SchemaNode> listed,
        Map<String, SchemaNode> patterns,
        Map<String, StringSet> matching,
        Optional<SchemaNode> additional) {
    static PropertyRules of(SchemaNode node, StringSets strings) {
        Map<String, SchemaNode> patterns = node.members("patternProperties");
        Map<String, StringSet> matching = new LinkedHashMap<>();
        for (String pattern : patterns.keySet()) {
            matching.put(pattern, strings.ofPattern(node, "patternProperties", pattern, true));
        }
        return new PropertyRules(
                node, node.members("properties"), patterns, matching, node.child("additionalProperties"));
    }

    /** What the value of the property {@code name} must satisfy, all of them. */
    List<SchemaNode> schemasOf(String name) {
        List<SchemaNode> schemas = new ArrayList<>();
        if (listed.containsKey(name)) {
            schemas.add(listed.get(name));
        }
        patterns.forEach((pattern, schema) -> {
            if (requireNonNull(matching.get(pattern)).contains(name)) {
                schemas.add(schema);
            }
        });
        if (schemas.isEmpty()) {
            additional.ifPresent(schemas::add);
        }
        return schemas;
    }

    /** Whether a keyword of the schema speaks about this property and does not forbid it. */
    boolean invites(String name) {
        List<SchemaNode> schemas = schemasOf(name);
        return !schemas.isEmpty() && schemas.stream().noneMatch(SchemaNode::allowsNothing);
    }

    /** Whether the schema says anything about which properties there are. */
    boolean saysAnything() {
        return !node.isDerived()
                && (!listed.isEmpty() || node.has("properties") || !patterns.isEmpty() || additional.isPresent());
    }
}
