package dev.gufo.grammar;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sets of strings that a schema names: its patterns and formats, each read once. */
final class StringSets {
    private record Key(String pattern, boolean wide) {}

    private final Map<Key, StringSet> patterns = new HashMap<>();
    private final Effort effort;

    StringSets(Effort effort) {
        this.effort = effort;
    }

    /** What a pattern in the schema matches, its {@link CharacterClasses} read widely or narrowly. */
    StringSet ofPattern(SchemaNode node, String keyword, String pattern, boolean wide) {
        try {
            return patterns.computeIfAbsent(
                    new Key(pattern, wide), key -> new PatternSet(key.pattern(), key.wide(), effort));
        } catch (PatternException e) {
            throw node.refuse(keyword, e.getMessage());
        }
    }

    /** A pattern of our own. */
    StringSet ofPattern(String pattern) {
        return patterns.computeIfAbsent(new Key(pattern, false), key -> new PatternSet(key.pattern(), false, effort));
    }

    /** What the schema's {@code format} demands; empty if it has none that is kept. */
    List<StringSet> ofFormat(SchemaNode node) {
        return node.text("format").map(this::ofFormat).orElse(List.of());
    }

    List<StringSet> ofFormat(String format) {
        return StringFormats.patterns(format).stream().map(this::ofPattern).toList();
    }
}
