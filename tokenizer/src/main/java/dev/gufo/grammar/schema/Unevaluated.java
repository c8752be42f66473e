package dev.gufo.grammar.schema;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code unevaluatedProperties} as {@code additionalProperties}, where the schema itself tells which properties are
 * evaluated: those that it lists, and those that schemas list which apply in any case, by {@code allOf} and
 * {@code $ref}.
 */
final class Unevaluated {
    private static final String KEYWORD = "unevaluatedProperties";
    /** Applicators that evaluate properties of some objects and not of others. */
    private static final List<String> CONDITIONAL =
            List.of("anyOf", "oneOf", "if", "dependentSchemas", "dependencies", "$dynamicRef", "$recursiveRef");

    private Unevaluated() {}

    /**
     * A schema of which the same objects are allowed as of this keyword; empty if it forbids none.
     *
     * @throws UnsupportedSchema if other keywords decide what is evaluated
     */
    static Optional<SchemaNode> properties(SchemaNode node, SchemaDocument document) {
        if (!node.has(KEYWORD) || node.isTrue(KEYWORD)) {
            return Optional.empty();
        }
        Map<String, Object> listed = new LinkedHashMap<>();
        Map<String, Object> patterns = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>(Set.of(node.key()));
        Deque<SchemaNode> open = new ArrayDeque<>(List.of(node));
        while (!open.isEmpty()) {
            SchemaNode applied = open.remove();
            for (String keyword : CONDITIONAL) {
                if (applied.has(keyword)) {
                    throw node.refuse(KEYWORD, "is supported beside allOf and $ref only, not " + keyword);
                }
            }
            if (applied.has(KEYWORD) && !applied.key().equals(node.key())) {
                throw node.refuse(KEYWORD, "is supported once for a value only");
            }
            if (applied.has("additionalProperties")) {
                return Optional.empty(); // all others are evaluated by this keyword
            }
            applied.members("properties").keySet().forEach(name -> listed.put(name, true));
            applied.members("patternProperties").keySet().forEach(pattern -> patterns.put(pattern, true));
            Deque<SchemaNode> further = new ArrayDeque<>(applied.children("allOf"));
            if (applied.has("$ref")) {
                further.add(document.target(applied));
            }
            further.stream().filter(one -> seen.add(one.key())).forEach(open::add);
        }
        return Optional.of(node.derived(
                KEYWORD,
                Map.of(
                        "properties",
                        listed,
                        "patternProperties",
                        patterns,
                        "additionalProperties",
                        node.child(KEYWORD).orElseThrow())));
    }
}
