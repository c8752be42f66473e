package dev.gufo.grammar.schema;

import dev.gufo.grammar.strings.CharacterClasses;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.PatternSet;
import dev.gufo.grammar.strings.StringSet;
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

    /** Strings that a pattern of our own matches somewhere, unless it is anchored. */
    StringSet matching(String pattern) {
        return patterns.computeIfAbsent(
                new Key(pattern, false), key -> new PatternSet(key.pattern(), key.wide(), effort));
    }

    /** Strings that a pattern of our own matches from their beginning to their end. */
    StringSet whole(String pattern) {
        return patterns.computeIfAbsent(
                new Key("^(?:" + pattern + ")$", false), key -> new PatternSet(key.pattern(), false, effort));
    }

    /** What a format demands, all of it; empty if it is not kept. */
    List<StringSet> ofFormat(String name) {
        return StringFormats.of(name)
                .map(format -> format.longest() == StringFormats.UNBOUNDED
                        ? List.of(whole(format.pattern()))
                        : List.of(whole(format.pattern()), new StringSet.OfLength(0, format.longest())))
                .orElse(List.of());
    }

    /** Whether the text is surely of the format. */
    boolean isOfFormat(String name, String text) {
        return StringFormats.of(name)
                .map(format -> whole(format.upTo(StringFormats.UNBOUNDED).orElse(format.pattern()))
                        .contains(text))
                .orElse(true);
    }
}
