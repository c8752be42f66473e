package dev.gufo.grammar.strings;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Regular expressions for the decimal texts of numbers in a range. */
public final class DecimalPattern {
    private DecimalPattern() {}

    /** Integers from {@code low} to {@code high}, both included; empty if there are none. */
    public static Optional<String> integers(BigInteger low, BigInteger high) {
        List<String> ways = new ArrayList<>();
        if (low.signum() < 0) {
            naturals(BigInteger.ONE.max(high.negate()), low.negate()).ifPresent(way -> ways.add("-" + way));
        }
        naturals(low.max(BigInteger.ZERO), high).ifPresent(ways::add);
        return anyOf(ways);
    }

    private static Optional<String> anyOf(List<String> ways) {
        return ways.isEmpty() ? Optional.empty() : Optional.of("(?:" + String.join("|", ways) + ")");
    }

    /** The same without signs: both bounds at least 0. */
    private static Optional<String> naturals(BigInteger low, BigInteger high) {
        List<String> ways = new ArrayList<>();
        if (low.compareTo(high) <= 0) {
            int longest = high.toString().length();
            for (int length = low.toString().length(); length <= longest; length++) {
                BigInteger least = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
                BigInteger most = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
                ways.add(between(low.max(least).toString(), high.min(most).toString()));
            }
        }
        return anyOf(ways);
    }

    /** Digits from {@code low} to {@code high}, which are equally long. */
    private static String between(String low, String high) {
        if (low.isEmpty()) {
            return "";
        }
        char first = low.charAt(0);
        char last = high.charAt(0);
        String lowRest = low.substring(1);
        String highRest = high.substring(1);
        String nines = "9".repeat(lowRest.length());
        String zeros = "0".repeat(lowRest.length());
        if (lowRest.equals(zeros) && highRest.equals(nines)) {
            return digits(first, last) + anyDigits(lowRest.length(), lowRest.length());
        }
        if (first == last) {
            return first + between(lowRest, highRest);
        }
        List<String> ways = new ArrayList<>();
        ways.add(first + between(lowRest, nines));
        if (last - first > 1) {
            ways.add(digits((char) (first + 1), (char) (last - 1)) + anyDigits(lowRest.length(), lowRest.length()));
        }
        ways.add(last + between(zeros, highRest));
        return "(?:" + String.join("|", ways) + ")";
    }

    private static String digits(char from, char to) {
        return from == to ? String.valueOf(from) : "[" + from + "-" + to + "]";
    }

    private static String anyDigits(int least, int most) {
        return most == 0 ? "" : "[0-9]{%d,%d}".formatted(least, most);
    }

    /**
     * Decimals without exponent in a range; empty if there are none.
     *
     * @param fraction most digits after the point; 0 for no point
     */
    public static Optional<String> decimals(Bound low, Bound high, int fraction) {
        List<String> ways = new ArrayList<>();
        if (low.value().signum() < 0) {
            Bound from = high.value().signum() >= 0 ? new Bound(BigDecimal.ZERO, true) : high.negated();
            positives(from, low.negated(), fraction).ifPresent(way -> ways.add("-" + way));
        }
        Bound from = low.value().signum() < 0 ? new Bound(BigDecimal.ZERO, false) : low;
        if (high.value().signum() >= 0) {
            positives(from, high, fraction).ifPresent(ways::add);
        }
        return anyOf(ways);
    }

    private static Optional<String> positives(Bound low, Bound high, int fraction) {
        List<String> ways = new ArrayList<>();
        BigInteger first = low.value().setScale(0, RoundingMode.FLOOR).toBigInteger();
        BigInteger last = high.value().setScale(0, RoundingMode.FLOOR).toBigInteger();
        int order = first.compareTo(last);
        if (order == 0) {
            fraction(low.digits(fraction), high.digits(fraction), low.excluded(), high.excluded(), fraction)
                    .ifPresent(rest -> ways.add(first + rest));
        } else if (order < 0) {
            fraction(low.digits(fraction), null, low.excluded(), false, fraction)
                    .ifPresent(rest -> ways.add(first + rest));
            naturals(first.add(BigInteger.ONE), last.subtract(BigInteger.ONE))
                    .ifPresent(way -> ways.add(way + (fraction == 0 ? "" : "(?:\\.[0-9]{1,%d})?".formatted(fraction))));
            fraction(null, high.digits(fraction), false, high.excluded(), fraction)
                    .ifPresent(rest -> ways.add(last + rest));
        }
        return anyOf(ways);
    }

    /** The point and what follows it, or nothing where that is in the range. Bounds are digits; null for none. */
    private static Optional<String> fraction(
            @Nullable String low, @Nullable String high, boolean lowOut, boolean highOut, int length) {
        boolean none = canStop(low, high, lowOut, highOut);
        Optional<String> some = digitsInRange(low, high, lowOut, highOut, length);
        if (some.isEmpty()) {
            return none ? Optional.of("") : Optional.empty();
        }
        return Optional.of("(?:\\." + some.get() + ")" + (none ? "?" : ""));
    }

    /** Whether the digits so far, with zeros for the rest, are in the range whose remaining bounds these are. */
    private static boolean canStop(@Nullable String low, @Nullable String high, boolean lowOut, boolean highOut) {
        boolean enough = low == null || (isZero(low) && !lowOut);
        boolean notTooMuch = high == null || !isZero(high) || !highOut;
        return enough && notTooMuch;
    }

    private static boolean isZero(String digits) {
        return digits.chars().allMatch(c -> c == '0');
    }

    /** One to {@code room} digits that stay in the range. A bound that is no longer touched is null. */
    private static Optional<String> digitsInRange(
            @Nullable String low, @Nullable String high, boolean lowOut, boolean highOut, int room) {
        if (room == 0) {
            return Optional.empty();
        }
        if (low == null && high == null) {
            return Optional.of("(?:[0-9]{1,%d})".formatted(room));
        }
        List<String> ways = new ArrayList<>();
        int least = low == null ? -1 : low.charAt(0) - '0';
        int most = high == null ? 10 : high.charAt(0) - '0';
        if (low != null && high != null && least == most) {
            touching(least, low.substring(1), high.substring(1), lowOut, highOut, room)
                    .ifPresent(ways::add);
            return anyOf(ways);
        }
        if (low != null && least < most) {
            touching(least, low.substring(1), null, lowOut, highOut, room).ifPresent(ways::add);
        }
        if (most - least > 1) {
            ways.add("[" + (least + 1) + "-" + (most - 1) + "]" + anyDigits(0, room - 1));
        }
        if (high != null && least < most) {
            touching(most, null, high.substring(1), lowOut, highOut, room).ifPresent(ways::add);
        }
        return anyOf(ways);
    }

    /** A digit that is a bound's, and what may follow it. */
    private static Optional<String> touching(
            int digit, @Nullable String low, @Nullable String high, boolean lowOut, boolean highOut, int room) {
        boolean stop = canStop(low, high, lowOut, highOut);
        Optional<String> rest = digitsInRange(low, high, lowOut, highOut, room - 1);
        if (rest.isPresent()) {
            return Optional.of(digit + rest.get() + (stop ? "?" : ""));
        }
        return stop ? Optional.of(String.valueOf(digit)) : Optional.empty();
    }

    /** An end of a range that is at least or at most {@code value}, or lies beyond it if that is {@code excluded}. */
    public record Bound(BigDecimal value, boolean excluded) {
        Bound negated() {
            return new Bound(value.negate(), excluded);
        }

        /**
         * The digits after the point, filled up with zeros to {@code length}, which is at least as many as there are.
         */
        String digits(int length) {
            BigDecimal fraction = value.subtract(value.setScale(0, RoundingMode.FLOOR));
            BigInteger digits =
                    fraction.setScale(length, RoundingMode.UNNECESSARY).unscaledValue();
            return length == 0 ? "" : ("%0" + length + "d").formatted(digits);
        }
    }
}
