package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.DecimalPattern;
import dev.gufo.grammar.strings.DecimalPattern.Bound;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.MultiplesOf;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.PatternNode;
import dev.gufo.grammar.strings.PatternParser;
import dev.gufo.grammar.strings.StringSet;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rules for JSON numbers. How many digits a number may have is bounded, so that none goes on for ever. */
final class NumberRules {
    private static final int MOST_DIGITS = 40;
    /** Longest text of a number whose digits an automaton counts; doubles tell so many apart. */
    private static final int MOST_COUNTED = 15;

    private static final int LEAST_COUNTED = 7;

    /** How many multiples are listed, on each side, where an automaton would be too large. */
    private static final int MOST_LISTED = 250;

    private static final String BROKEN = "-?[0-9]+\\.[0-9]*[1-9][0-9]*";

    private final RuleSet rules;
    private final StringSets strings;
    private final SchemaLimits limits;
    private final Effort effort;
    private final Map<Object, Gbnf> known = new HashMap<>();

    NumberRules(RuleSet rules, StringSets strings, SchemaLimits limits, Effort effort) {
        this.rules = rules;
        this.strings = strings;
        this.limits = limits;
        this.effort = effort;
    }

    /** Empty if no number is in range. */
    Optional<Gbnf> of(Shape.Numeric numeric) {
        List<MultiplesOf> multiples = new ArrayList<>();
        for (BigDecimal step : numeric.steps()) {
            Optional<MultiplesOf> some = MultiplesOf.of(step, !numeric.fractions());
            if (some.isEmpty()) {
                return listed(numeric);
            }
            some.filter(one -> one.factor() > 1 || one.zeros() > 0).ifPresent(multiples::add);
        }
        Optional<Integer> digits = fraction(numeric);
        if (digits.equals(Optional.of(0)) && !numeric.integers()) {
            return Optional.empty();
        }
        Optional<String> pattern = pattern(numeric, digits);
        if (pattern.isEmpty()) {
            return Optional.empty();
        }
        if (multiples.isEmpty() && numeric.integers()) {
            return pattern.map(text -> known.computeIfAbsent(text, _ -> rule(text)));
        }
        List<StringSet> sets = new ArrayList<>(multiples);
        sets.add(strings.whole(pattern.get()));
        if (!numeric.integers()) {
            sets.add(strings.whole(BROKEN));
        }
        Gbnf rule = known.get(sets);
        if (rule == null) {
            rule = counted(sets).orElseGet(() -> listed(numeric).orElse(Gbnf.Alternation.NEVER));
            known.put(sets, rule);
        }
        return rule.equals(Gbnf.Alternation.NEVER) ? Optional.empty() : Optional.of(rule);
    }

    /** Most digits after the point; 0 for integers, empty for any. */
    private Optional<Integer> fraction(Shape.Numeric numeric) {
        if (!numeric.fractions()) {
            return Optional.of(0);
        }
        Optional<Integer> least = numeric.steps().stream()
                .map(step -> Math.max(0, step.stripTrailingZeros().scale()))
                .min(Integer::compare);
        return least.isPresent() || numeric.integers()
                ? least
                : Optional.of(limits.written().numberDigits());
    }

    /**
     * The numbers in all sets, as long as there are not too many states of them together; else with fewer digits. Empty
     * if that is too few.
     */
    private Optional<Gbnf> counted(List<StringSet> sets) {
        for (int length = MOST_COUNTED; length >= LEAST_COUNTED; length -= 4) {
            List<StringSet> all = new ArrayList<>(sets);
            all.add(new StringSet.OfLength(1, length));
            try {
                Automaton automaton = Automaton.of(all, limits.work().patternStates(), effort);
                if (!automaton.isEmpty() || length == MOST_COUNTED) {
                    return Optional.of(
                            rules.share(AutomatonRules.of(automaton, rules, Gbnf.OneOf::new, Gbnf.Sequence.EMPTY)));
                }
            } catch (PatternException e) {
                effort.spend(1); // fewer digits are tried
            }
        }
        return Optional.empty();
    }

    /** The multiples next to zero, or next to the bound that is, one by one; empty if there are none. */
    private Optional<Gbnf> listed(Shape.Numeric numeric) {
        BigDecimal step = numeric.steps().stream().max(BigDecimal::compareTo).orElseThrow();
        BigDecimal from = BigDecimal.ZERO;
        if (numeric.low().isPresent() && numeric.low().get().value().signum() > 0) {
            from = numeric.low().get().value().divide(step, 0, RoundingMode.CEILING);
        } else if (numeric.high().isPresent() && numeric.high().get().value().signum() < 0) {
            from = numeric.high().get().value().divide(step, 0, RoundingMode.FLOOR);
        }
        List<Gbnf> ways = new ArrayList<>();
        for (int i = -MOST_LISTED; i <= MOST_LISTED; i++) {
            BigDecimal value = from.add(BigDecimal.valueOf(i)).multiply(step).stripTrailingZeros();
            if (value.precision() <= MOST_COUNTED && satisfies(value, numeric)) {
                ways.add(Gbnf.literal(value.toPlainString()));
            }
        }
        return ways.isEmpty() ? Optional.empty() : Optional.of(rules.share(Gbnf.choice(ways)));
    }

    private static boolean satisfies(BigDecimal value, Shape.Numeric numeric) {
        boolean whole = value.scale() <= 0;
        return (whole ? numeric.integers() : numeric.fractions())
                && numeric.steps().stream()
                        .allMatch(step -> value.remainder(step).signum() == 0)
                && numeric.low().filter(low -> isBeyond(low, value, 1)).isEmpty()
                && numeric.high().filter(high -> isBeyond(high, value, -1)).isEmpty();
    }

    private static boolean isBeyond(Bound bound, BigDecimal value, int sign) {
        int order = bound.value().compareTo(value) * sign;
        return order > 0 || (order == 0 && bound.excluded());
    }

    private Gbnf rule(String pattern) {
        return rules.share(written(PatternParser.parse(pattern, false)));
    }

    /** As the pattern is: an automaton would need a rule for each digit. */
    private static Gbnf written(PatternNode pattern) {
        return switch (pattern) {
            case PatternNode.OneOf one -> new Gbnf.OneOf(one.set());
            case PatternNode.Sequence sequence ->
                Gbnf.sequence(
                        sequence.parts().stream().map(NumberRules::written).toList());
            case PatternNode.Alternation alternation ->
                Gbnf.choice(alternation.alternatives().stream()
                        .map(NumberRules::written)
                        .toList());
            case PatternNode.Repetition repetition ->
                Gbnf.repeated(written(repetition.operand()), repetition.least(), repetition.most());
            case PatternNode.Start _, PatternNode.End _ -> Gbnf.Sequence.EMPTY;
        };
    }

    private Optional<String> pattern(Shape.Numeric numeric, Optional<Integer> fractionDigits) {
        boolean integer = fractionDigits.equals(Optional.of(0));
        if (numeric.low().isEmpty() && numeric.high().isEmpty()) {
            return Optional.of(integer ? "-?" + whole(limits.written().integerDigits()) : free(fractionDigits));
        }
        int standard =
                integer ? limits.written().integerDigits() : limits.written().numberDigits();
        int digits = Math.max(standard, Math.max(nearDigits(numeric, true), nearDigits(numeric, false)));
        BigDecimal farthest = BigDecimal.TEN.pow(digits).subtract(BigDecimal.ONE);
        Bound low = farther(numeric.low(), farthest.negate(), true);
        Bound high = farther(numeric.high(), farthest, false);
        if (integer) {
            return DecimalPattern.integers(leastInteger(low), greatestInteger(high));
        }
        int scale = Math.max(scale(numeric, low), scale(numeric, high));
        int touched = Math.max(touchedDigits(numeric.low(), low), touchedDigits(numeric.high(), high));
        int room = Math.max(limits.written().numberDigits() - touched, 1);
        int fraction = fractionDigits.map(most -> Math.min(most, MOST_DIGITS)).orElse(Math.max(room, scale + 1));
        Bound from = rounded(low, fraction, RoundingMode.CEILING);
        Bound to = rounded(high, fraction, RoundingMode.FLOOR);
        int order = from.value().compareTo(to.value());
        boolean empty = order > 0 || (order == 0 && (from.excluded() || to.excluded()));
        return empty ? Optional.empty() : DecimalPattern.decimals(from, to, fraction);
    }

    private static String whole(int digits) {
        return "(?:0|[1-9][0-9]{0,%d})".formatted(digits - 1);
    }

    private String free(Optional<Integer> fraction) {
        String exponent = fraction.isPresent() ? "" : "(?:[eE][+-]?[0-9]{1,2})?";
        int digits = Math.min(fraction.orElse(limits.written().numberDigits()), MOST_DIGITS);
        return "-?" + whole(limits.written().numberDigits()) + "(?:\\.[0-9]{1,%d})?".formatted(digits) + exponent;
    }

    /**
     * How many digits a number must have that is beyond this bound: those of a positive lower, or a negative upper one.
     * A bound on the other side that is too long to be written changes nothing.
     */
    private static int nearDigits(Shape.Numeric numeric, boolean low) {
        Optional<Bound> bound = low ? numeric.low() : numeric.high();
        if (bound.isEmpty() || bound.get().value().signum() != (low ? 1 : -1)) {
            return 0;
        }
        int digits = wholeDigits(bound.get().value()) + 1;
        if (digits > MOST_DIGITS) {
            throw refusal(numeric, low, "has more than %d digits".formatted(MOST_DIGITS));
        }
        return digits;
    }

    private static UnsupportedSchema refusal(Shape.Numeric numeric, boolean low, String why) {
        List<String> keywords = low ? List.of("minimum", "exclusiveMinimum") : List.of("maximum", "exclusiveMaximum");
        for (SchemaNode node : numeric.nodes()) {
            for (String keyword : keywords) {
                if (node.has(keyword)) {
                    return node.refuse(keyword, why);
                }
            }
        }
        throw new AssertionError("a bound without a keyword");
    }

    private static int wholeDigits(BigDecimal value) {
        return Math.max(1, value.precision() - value.scale());
    }

    /**
     * Digits before the point of a bound that a number may come close to. Numbers beside it get fewer digits after the
     * point, so that a reader of doubles does not round them onto a bound that is excluded.
     */
    private static int touchedDigits(Optional<Bound> bound, Bound used) {
        return bound.equals(Optional.of(used)) ? wholeDigits(used.value()) : 1;
    }

    private static Bound farther(Optional<Bound> bound, BigDecimal farthest, boolean low) {
        boolean within = bound.isPresent() && bound.get().value().abs().compareTo(farthest.abs()) <= 0;
        if (within) {
            return bound.get();
        }
        boolean otherSide = bound.isPresent() && bound.get().value().signum() == (low ? 1 : -1);
        return otherSide ? bound.get() : new Bound(farthest, false);
    }

    private static BigInteger leastInteger(Bound low) {
        BigInteger least = low.value().setScale(0, RoundingMode.CEILING).toBigInteger();
        boolean excluded = low.excluded() && new BigDecimal(least).compareTo(low.value()) == 0;
        return excluded ? least.add(BigInteger.ONE) : least;
    }

    private static BigInteger greatestInteger(Bound high) {
        BigInteger greatest = high.value().setScale(0, RoundingMode.FLOOR).toBigInteger();
        boolean excluded = high.excluded() && new BigDecimal(greatest).compareTo(high.value()) == 0;
        return excluded ? greatest.subtract(BigInteger.ONE) : greatest;
    }

    private static int scale(Shape.Numeric numeric, Bound bound) {
        int scale = bound.value().stripTrailingZeros().scale();
        if (scale > MOST_DIGITS) {
            boolean low = numeric.low().equals(Optional.of(bound));
            throw refusal(numeric, low, "has more than %d digits after its point".formatted(MOST_DIGITS));
        }
        return Math.max(0, scale);
    }

    private static Bound rounded(Bound bound, int digits, RoundingMode towards) {
        BigDecimal value = bound.value().setScale(digits, towards);
        return new Bound(value, bound.excluded() && value.compareTo(bound.value()) == 0);
    }
}
