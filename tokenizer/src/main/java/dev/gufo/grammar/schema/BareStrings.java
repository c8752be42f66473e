package dev.gufo.grammar.schema;

import static dev.gufo.grammar.strings.CharacterClasses.intersection;
import static dev.gufo.grammar.strings.CharacterClasses.ranges;
import static dev.gufo.grammar.strings.CharacterClasses.union;
import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.PatternSet;
import dev.gufo.grammar.strings.StringSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rules for strings that stand between marks as {@link BareText} has it. A string that needs quotes is written in them
 * where other JSON may stand too; where only strings may, it is not written at all, as no model was trained to, unless
 * it is a value of an enumeration.
 */
final class BareStrings {
    /** More states make more rules than such a string is worth; then fewer strings are written. */
    private static final int MOST_STATES = 600;

    private record Key(List<Object> text, String ambiguous, Gbnf end) {}

    private final RuleSet rules;
    private final StringSets strings;
    private final StringRules json;
    private final SchemaLimits limits;
    private final Effort effort;
    private final Map<Key, Gbnf> known = new HashMap<>();
    private final Map<String, StringSet> clear = new HashMap<>();

    BareStrings(RuleSet rules, StringSets strings, StringRules json, SchemaLimits limits, Effort effort) {
        this.rules = rules;
        this.strings = strings;
        this.json = json;
        this.limits = limits;
        this.effort = effort;
    }

    /** The strings of {@code text}, with {@code end} behind them. */
    Gbnf of(Shape.Text text, BareText bare, Gbnf end) {
        if (text.least() > text.most()) {
            return Gbnf.Alternation.NEVER;
        }
        List<Object> what = List.of(
                text.least(),
                text.most(),
                text.patterns().stream().map(Shape.Source::pattern).toList(),
                text.formats(),
                text.avoided().stream().map(Shape.Source::pattern).toList(),
                text.excluded());
        Key key = new Key(what, bare.ambiguous(), end);
        Gbnf rule = known.get(key);
        if (rule == null) {
            rule = rules.share(Gbnf.choice(List.of(asIs(text, bare, end), quoted(text, bare, end))));
            known.put(key, rule);
        }
        return rule;
    }

    private Gbnf asIs(Shape.Text text, BareText bare, Gbnf end) {
        List<StringSet> sets = json.sets(text);
        boolean onlyCounted = sets.stream().allMatch(StringSet.OfLength.class::isInstance);
        int most = onlyCounted && !sets.isEmpty() ? MOST_STATES : limits.work().patternStates();
        PatternException tooLarge = null;
        for (String ambiguous : List.of(bare.ambiguous(), bare.coarselyAmbiguous())) {
            try {
                List<StringSet> all = new ArrayList<>(sets);
                all.add(clear.computeIfAbsent(ambiguous, this::outside));
                return AutomatonRules.of(Automaton.of(all, most, effort), rules, Gbnf.OneOf::new, end);
            } catch (PatternException e) {
                tooLarge = e;
            }
        }
        if (!onlyCounted) {
            throw json.refusal(text, requireNonNull(tooLarge));
        }
        return counted(text, bare, end);
    }

    private StringSet outside(String pattern) {
        StringSet inside = new PatternSet(pattern, false, effort);
        return Automaton.of(
                List.of(new StringSet.Outside(inside)), limits.work().patternStates(), effort);
    }

    /**
     * Strings of a length that is too large to be counted together with the beginnings of marks. A character that may
     * begin one and the next are counted as one, so strings with such characters may be no longer than half of what is
     * allowed.
     */
    private Gbnf counted(Shape.Text text, BareText bare, Gbnf end) {
        if (text.least() > limits.written().repetitions()) {
            throw json.tooLong(text);
        }
        int most = Math.min(text.most(), limits.written().repetitions());
        CodePoints mark = single(bare.end().codePointAt(0));
        CodePoints backslash = single('\\');
        CodePoints plain = union(mark, backslash).complement();
        CodePoints second = bare.end().length() > 1 ? single(bare.end().codePointAt(1)) : CodePoints.ANY;
        Gbnf one = rules.share(new Gbnf.OneOf(plain));
        Gbnf two = rules.share(Gbnf.choice(List.of(
                one,
                Gbnf.sequence(new Gbnf.OneOf(mark), new Gbnf.OneOf(intersection(plain, second.complement()))),
                Gbnf.sequence(
                        new Gbnf.OneOf(backslash),
                        new Gbnf.OneOf(intersection(plain, single('u').complement()))))));
        Gbnf first = bare.isMixed() ? new Gbnf.OneOf(intersection(plain, harmless())) : one;
        List<Gbnf> ways = new ArrayList<>();
        if (text.least() == 0) {
            ways.add(end);
        }
        int least = Math.max(0, text.least() - 1);
        ways.add(Gbnf.sequence(first, Gbnf.repeated(one, least, most - 1), end));
        if (least <= (most - 1) / 2) {
            ways.add(Gbnf.sequence(first, Gbnf.repeated(two, least, (most - 1) / 2), end));
        }
        return Gbnf.choice(ways);
    }

    /** What no JSON and no whitespace begins with. */
    private static CodePoints harmless() {
        return union(
                        ranges('\t', '\n', '\r', '\r', ' ', ' ', '"', '"', '-', '-', '0', '9', '[', '['),
                        ranges('f', 'f', 'n', 'n', 't', 't', '{', '{'))
                .complement();
    }

    private static CodePoints single(int codePoint) {
        return ranges(codePoint, codePoint);
    }

    /** The strings that would be read as other JSON, as JSON; or those that may stand in a section, in one. */
    private Gbnf quoted(Shape.Text text, BareText bare, Gbnf end) {
        if (bare.isInSections()) {
            return section(text, end);
        }
        if (!bare.isMixed()) {
            return Gbnf.Alternation.NEVER;
        }
        List<StringSet> sets = new ArrayList<>(json.sets(text));
        sets.add(strings.matching(bare.others()));
        sets.add(clear.computeIfAbsent("<\\/", this::outside));
        try {
            return Gbnf.sequence(json.in(sets), end);
        } catch (PatternException tooLarge) {
            return Gbnf.Alternation.NEVER;
        }
    }

    /** A section's end in it would have to be written in two sections, which no model was trained to. */
    private Gbnf section(Shape.Text text, Gbnf end) {
        List<StringSet> sets = new ArrayList<>(json.sets(text));
        sets.add(clear.computeIfAbsent("\\]\\]>", this::outside));
        try {
            Automaton inside = Automaton.of(sets, limits.work().patternStates(), effort);
            Gbnf close = Gbnf.sequence(Gbnf.literal("]]>"), end);
            return Gbnf.sequence(
                    Gbnf.literal(BareText.CDATA), AutomatonRules.of(inside, rules, Gbnf.OneOf::new, close));
        } catch (PatternException tooLarge) {
            return Gbnf.Alternation.NEVER;
        }
    }
}
