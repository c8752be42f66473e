package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The decimal texts of a number's multiples, without exponents: the remainder is carried from digit to digit.
 *
 * @param factor multiples of {@code factor / 10^decimals}; not divisible by ten
 * @param zeros further zeros behind the factor: the number is {@code factor * 10^zeros}; 0 if there are decimals
 * @param decimals most digits after the point
 */
public record MultiplesOf(long factor, int zeros, int decimals) implements StringSet {
    private static final int MOST_FACTOR = 2_000;
    private static final int MOST_DIGITS = 15;

    /**
     * What has been read.
     *
     * @param remainder of the digits without the last {@code trailing}, by the factor
     * @param trailing zeros at the end, at most {@link #zeros}
     * @param behind digits after the point, -1 before it
     * @param some whether any digit is not 0
     */
    private record State(long remainder, int trailing, int behind, boolean some) {}

    /**
     * The multiples of {@code step}, of those that are integers if {@code integers}; empty if the remainders are too
     * many.
     */
    public static Optional<MultiplesOf> of(BigDecimal step, boolean integers) {
        BigDecimal stripped = step.stripTrailingZeros();
        BigInteger factor = stripped.unscaledValue();
        int decimals = Math.max(0, stripped.scale());
        int zeros = Math.max(0, -stripped.scale());
        if (integers && decimals > 0) {
            BigInteger shared = factor.gcd(BigInteger.TEN.pow(decimals));
            BigDecimal whole = new BigDecimal(factor.divide(shared)).stripTrailingZeros();
            factor = whole.unscaledValue();
            zeros = Math.max(0, -whole.scale());
            decimals = 0;
        }
        boolean fits = factor.compareTo(BigInteger.valueOf(MOST_FACTOR)) <= 0
                && zeros <= MOST_DIGITS
                && decimals <= MOST_DIGITS;
        return fits ? Optional.of(new MultiplesOf(factor.longValueExact(), zeros, decimals)) : Optional.empty();
    }

    @Override
    public Object start() {
        return new State(0, 0, -1, false);
    }

    @Override
    public @Nullable Object step(Object before, int character) {
        State state = (State) before;
        if (character == '-') {
            return state.some || state.trailing > 0 || state.behind >= 0 ? null : state;
        }
        if (character == '.') {
            return state.behind >= 0 || decimals == 0 ? null : new State(state.remainder, 0, 0, state.some);
        }
        if (character < '0' || character > '9' || state.behind == decimals) {
            return null;
        }
        int digit = character - '0';
        int behind = state.behind < 0 ? -1 : state.behind + 1;
        boolean some = state.some || digit > 0;
        if (digit == 0 && state.trailing < zeros) {
            return new State(state.remainder, state.trailing + 1, behind, some);
        }
        if (digit == 0) {
            return new State(state.remainder * 10 % factor, state.trailing, behind, some);
        }
        long remainder = state.remainder;
        for (int i = 0; i <= state.trailing; i++) {
            remainder = remainder * 10 % factor;
        }
        return new State((remainder + digit) % factor, 0, behind, some);
    }

    @Override
    public boolean ends(Object before) {
        State state = (State) before;
        long remainder = state.remainder;
        for (int i = Math.max(0, state.behind); i < decimals; i++) {
            remainder = remainder * 10 % factor;
        }
        return !state.some || (remainder == 0 && state.trailing == zeros);
    }

    @Override
    public List<CodePoints> alphabet() {
        return "0123456789.-"
                .chars()
                .mapToObj(c -> CharacterClasses.ranges(c, c))
                .toList();
    }
}
