package dev.gufo.grammar.schema;

import static dev.gufo.grammar.strings.CharacterClasses.intersection;
import static dev.gufo.grammar.strings.CharacterClasses.ranges;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.CharacterClasses;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.PatternNode;
import dev.gufo.grammar.strings.PatternParser;
import dev.gufo.grammar.strings.StringSet;
import dev.gufo.grammar.strings.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rules for JSON strings. A code point counts once, however it is escaped, and half a surrogate pair can't be written.
 */
final class StringRules {
    private static final CodePoints QUOTE = ranges('"', '"');
    private static final CodePoints BACKSLASH = ranges('\\', '\\');
    private static final CodePoints PLAIN = ranges(' ', '!', '#', '[', ']', Character.MAX_CODE_POINT);
    private static final CodePoints HEX = ranges('0', '9', 'A', 'F', 'a', 'f');
    private static final Gbnf END = Gbnf.literal("\"");

    /** The letters behind a backslash, by the control character that they stand for. */
    private static final Map<Integer, Character> SHORT_ESCAPES =
            Map.of((int) '\b', 'b', (int) '\f', 'f', (int) '\n', 'n', (int) '\r', 'r', (int) '\t', 't');

    /** Longest strings that have to be counted by an automaton, a rule for each place. */
    private static final int MOST_COUNTED = 500;

    private final RuleSet rules;
    private final StringSets strings;
    private final SchemaLimits limits;
    private final Effort effort;
    private final Map<Object, Gbnf> known = new HashMap<>();
    private @Nullable Gbnf character;

    StringRules(RuleSet rules, StringSets strings, SchemaLimits limits, Effort effort) {
        this.rules = rules;
        this.strings = strings;
        this.limits = limits;
        this.effort = effort;
    }

    Gbnf of(Shape.Text text) {
        if (text.least() > text.most()) {
            return Gbnf.Alternation.NEVER;
        }
        List<String> patterns =
                text.patterns().stream().map(Shape.Source::pattern).toList();
        List<String> avoided =
                text.avoided().stream().map(Shape.Source::pattern).toList();
        Object key = List.of(text.least(), text.most(), patterns, text.formats(), avoided, text.excluded());
        Gbnf rule = known.get(key);
        if (rule == null) {
            boolean free = patterns.isEmpty()
                    && text.formats().isEmpty()
                    && avoided.isEmpty()
                    && text.excluded().isEmpty();
            rule = rules.share(free ? ofLength(text) : restricted(text));
            known.put(key, rule);
        }
        return rule;
    }

    private Gbnf ofLength(Shape.Text text) {
        if (text.least() > limits.written().repetitions()) {
            throw tooLong(text);
        }
        int most = text.most() == Gbnf.UNBOUNDED
                ? Gbnf.UNBOUNDED
                : Math.min(text.most(), limits.written().repetitions());
        return Gbnf.sequence(END, Gbnf.repeated(character(), text.least(), most), END);
    }

    UnsupportedSchema tooLong(Shape.Text text) {
        return text.nodes().stream()
                .filter(node -> node.count("minLength", 0) == text.least())
                .findFirst()
                .orElseThrow()
                .refuse(
                        "minLength",
                        "is more than %d".formatted(limits.written().repetitions()));
    }

    private Gbnf restricted(Shape.Text text) {
        Optional<Gbnf> counted = counted(text);
        if (counted.isPresent()) {
            return counted.get();
        }
        try {
            return written(ofLength(withoutLength(text), text.least(), text.most()));
        } catch (PatternException e) {
            throw refusal(text, e);
        }
    }

    /** Sets that a string must be in, all of them. */
    List<StringSet> sets(Shape.Text text) {
        List<StringSet> sets = withoutLength(text);
        if (text.least() > 0 || text.most() < Gbnf.UNBOUNDED) {
            sets.add(new StringSet.OfLength(text.least(), text.most()));
        }
        return sets;
    }

    private List<StringSet> withoutLength(Shape.Text text) {
        List<StringSet> sets = new ArrayList<>();
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

    UnsupportedSchema refusal(Shape.Text text, PatternException e) {
        SchemaNode node = text.patterns().isEmpty()
                ? text.nodes().getFirst()
                : text.patterns().getFirst().node();
        return node.refuse(
                text.patterns().isEmpty() ? text.formats().isEmpty() ? "not" : "format" : "pattern", e.getMessage());
    }

    /**
     * A single format as its pattern is, if that keeps to the lengths by itself; an automaton would need a rule for
     * each place.
     */
    private Optional<Gbnf> counted(Shape.Text text) {
        if (!text.patterns().isEmpty()
                || !text.avoided().isEmpty()
                || !text.excluded().isEmpty()
                || text.formats().size() != 1) {
            return Optional.empty();
        }
        return StringFormats.of(text.formats().getFirst())
                .orElseThrow()
                .upTo(text.most())
                .map(pattern -> PatternParser.parse(pattern, false))
                .map(pattern -> text.least() == 1 ? withoutEmpty(pattern) : pattern)
                .filter(pattern -> pattern.least() >= text.least())
                .map(pattern -> Gbnf.sequence(END, written(pattern), END));
    }

    private static PatternNode withoutEmpty(PatternNode pattern) {
        return pattern instanceof PatternNode.Repetition optional && optional.least() == 0 && optional.most() == 1
                ? optional.operand()
                : pattern;
    }

    private Gbnf written(PatternNode pattern) {
        return switch (pattern) {
            case PatternNode.OneOf one -> written(one.set());
            case PatternNode.Sequence sequence ->
                Gbnf.sequence(sequence.parts().stream().map(this::written).toList());
            case PatternNode.Alternation alternation ->
                Gbnf.choice(
                        alternation.alternatives().stream().map(this::written).toList());
            case PatternNode.Repetition repetition ->
                Gbnf.repeated(written(repetition.operand()), repetition.least(), repetition.most());
            case PatternNode.Start _, PatternNode.End _ -> throw new AssertionError("an anchor in a format's pattern");
        };
    }

    /**
     * The strings in all of {@code sets} that are of a length. If they have too many states together, shorter ones
     * only: the upper bound is lowered to what fits.
     */
    private Automaton ofLength(List<StringSet> sets, int least, int most) {
        Automaton free = sets.isEmpty()
                ? Automaton.of(
                        List.of(new StringSet.OfLength(0, Gbnf.UNBOUNDED)),
                        limits.work().patternStates(),
                        effort)
                : Automaton.of(sets, limits.work().patternStates(), effort);
        if (free.isEmpty() || (free.shortest() >= least && free.longest() <= most)) {
            return free;
        }
        int shortest = Math.max(least, free.shortest());
        int room = most == Gbnf.UNBOUNDED ? most : Math.max(shortest, Math.min(most, MOST_COUNTED));
        int countable = free.countable(limits.work().patternStates());
        while (room != Gbnf.UNBOUNDED && room > countable && room > shortest + 1) {
            room = shortest + (room - shortest) / 2;
        }
        while (true) {
            try {
                return Automaton.of(
                        List.of(free, new StringSet.OfLength(least, room)),
                        limits.work().patternStates(),
                        effort);
            } catch (PatternException e) {
                if (room <= shortest + 1 || room == Gbnf.UNBOUNDED) {
                    throw e;
                }
                room = shortest + (room - shortest) / 2;
            }
        }
    }

    private Gbnf written(Automaton automaton) {
        return Gbnf.sequence(END, AutomatonRules.of(automaton, rules, this::written, END));
    }

    /**
     * A string that is in all of {@code sets}. Written in one way only, so that none of the escapes evades the sets.
     */
    Gbnf in(List<StringSet> sets) {
        if (sets.isEmpty()) {
            return Gbnf.sequence(END, Gbnf.repeated(character(), 0, Gbnf.UNBOUNDED), END);
        }
        return written(Automaton.of(sets, limits.work().patternStates(), effort));
    }

    /** Any of these strings. */
    Gbnf anyOf(List<String> words) {
        return WordTree.of(words.stream().map(JsonValues::quoted).toList(), rules);
    }

    /** Any character of a string, escaped where it must be or in any other way that JSON has. */
    private Gbnf character() {
        if (character == null) {
            Gbnf hex = new Gbnf.OneOf(HEX);
            Gbnf d = new Gbnf.OneOf(ranges('D', 'D', 'd', 'd'));
            Gbnf single = Gbnf.choice(List.of(
                    Gbnf.sequence(
                            new Gbnf.OneOf(
                                    intersection(HEX, ranges('D', 'D', 'd', 'd').complement())),
                            hex,
                            hex,
                            hex),
                    Gbnf.sequence(d, new Gbnf.OneOf(ranges('0', '7')), hex, hex)));
            Gbnf pair = Gbnf.sequence(
                    d,
                    new Gbnf.OneOf(ranges('8', '9', 'A', 'B', 'a', 'b')),
                    hex,
                    hex,
                    Gbnf.literal("\\u"),
                    d,
                    new Gbnf.OneOf(ranges('C', 'F', 'c', 'f')),
                    hex,
                    hex);
            Gbnf escape = Gbnf.choice(List.of(
                    new Gbnf.OneOf(
                            ranges('"', '"', '\\', '\\', '/', '/', 'b', 'b', 'f', 'f', 'n', 'n', 'r', 'r', 't', 't')),
                    Gbnf.sequence(Gbnf.literal("u"), Gbnf.choice(List.of(single, pair)))));
            character =
                    rules.share(Gbnf.choice(List.of(new Gbnf.OneOf(PLAIN), Gbnf.sequence(Gbnf.literal("\\"), escape))));
        }
        return character;
    }

    /** A code point of {@code set}, escaped only if it must be. */
    private Gbnf written(CodePoints set) {
        List<Gbnf> ways = new ArrayList<>();
        CodePoints plain = intersection(set, PLAIN);
        if (plain.ranges() > 0) {
            ways.add(new Gbnf.OneOf(plain));
        }
        for (CodePoints special : List.of(QUOTE, BACKSLASH)) {
            if (intersection(set, special).ranges() > 0) {
                ways.add(Gbnf.literal("\\" + (char) special.first(0)));
            }
        }
        for (int control = 0; control < ' '; control++) {
            if (CharacterClasses.contains(set, control)) {
                Character letter = SHORT_ESCAPES.get(control);
                ways.add(Gbnf.literal(letter == null ? "\\u%04x".formatted(control) : "\\" + letter));
            }
        }
        return ways.size() < 4 ? Gbnf.choice(ways) : rules.share(Gbnf.choice(ways));
    }
}
