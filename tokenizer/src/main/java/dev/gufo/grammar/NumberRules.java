package dev.gufo.grammar;

import dev.gufo.grammar.DecimalPattern.Bound;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rules for JSON numbers. How many digits a number may have is bounded, so that none goes on for ever. */
final class NumberRules {
    private static final int MOST_DIGITS = 40;

    private final RuleSet rules;
    private final SchemaLimits limits;
    private final Map<String, Gbnf> known = new HashMap<>();

    NumberRules(RuleSet rules, SchemaLimits limits) {
        this.rules = rules;
        this.limits = limits;
    }

    /** Empty if no number is in range. */
    Optional<Gbnf> of(Shape.Numeric numeric) {
        return pattern(numeric).map(pattern -> known.computeIfAbsent(pattern, this::rule));
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
            case PatternNode.Choice choice ->
                Gbnf.choice(
                        choice.alternatives().stream().map(NumberRules::written).toList());
            case PatternNode.Repetition repetition ->
                Gbnf.repeated(written(repetition.operand()), repetition.least(), repetition.most());
            case PatternNode.Start _, PatternNode.End _ -> Gbnf.Sequence.EMPTY;
        };
    }

    private Optional<String> pattern(Shape.Numeric numeric) {
        boolean integer = numeric.fraction().equals(Optional.of(0));
        if (numeric.low().isEmpty() && numeric.high().isEmpty()) {
            return Optional.of(integer ? "-?" + whole(limits.integerDigits()) : free(numeric.fraction()));
        }
        int standard = integer ? limits.integerDigits() : limits.numberDigits();
        int digits = Math.max(standard, Math.max(nearDigits(numeric, true), nearDigits(numeric, false)));
        BigDecimal farthest = BigDecimal.TEN.pow(digits).subtract(BigDecimal.ONE);
        Bound low = farther(numeric.low(), farthest.negate(), true);
        Bound high = farther(numeric.high(), farthest, false);
        if (integer) {
            return DecimalPattern.integers(leastInteger(low), greatestInteger(high));
        }
        int scale = Math.max(scale(numeric, low), scale(numeric, high));
        int touched = Math.max(touchedDigits(numeric.low(), low), touchedDigits(numeric.high(), high));
        int room = Math.max(limits.numberDigits() - touched, 1);
        int fraction =
                numeric.fraction().map(most -> Math.min(most, MOST_DIGITS)).orElse(Math.max(room, scale + 1));
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
        int digits = Math.min(fraction.orElse(limits.numberDigits()), MOST_DIGITS);
        return "-?" + whole(limits.numberDigits()) + "(?:\\.[0-9]{1,%d})?".formatted(digits) + exponent;
    }

    /**
     * How many digits a number must have that is beyond this bound: those of a positive lower, or a negative upper one. A bound on the other
     * side that is too long to be written changes nothing.
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
     * Digits before the point of a bound that a number may come close to. Numbers beside it get fewer digits after the point, so that
     * whoever reads them as doubles does not round them onto a bound that is excluded.
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
