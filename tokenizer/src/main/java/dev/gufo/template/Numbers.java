package dev.gufo.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Python's numbers: booleans count as 0 and 1, integers have no bounds but the machine's. */
final class Numbers {
    private static final long EXACT_DOUBLES = 1L << 53;

    private Numbers() {}

    static boolean isNumber(Value value) {
        return isInteger(value) || value instanceof Value.Real;
    }

    /** Whether it is an integer to Python, which booleans are. */
    static boolean isInteger(Value value) {
        return value instanceof Value.Int || value instanceof Value.Bool || value instanceof Value.BigInt;
    }

    static boolean isNaN(Value value) {
        return value instanceof Value.Real(double number) && Double.isNaN(number);
    }

    /** The value of an integer. */
    static BigInteger big(Value value) {
        return switch (value) {
            case Value.Bool(boolean bool) -> bool ? BigInteger.ONE : BigInteger.ZERO;
            case Value.Int(long number) -> BigInteger.valueOf(number);
            case Value.BigInt(BigInteger number) -> number;
            default -> throw new AssertionError("not an integer: " + value.type());
        };
    }

    /** The value of an integer that fits a long, for callers that checked so with {@link #fitsLong}. */
    static long small(Value value) {
        return switch (value) {
            case Value.Bool(boolean bool) -> bool ? 1 : 0;
            case Value.Int(long number) -> number;
            default -> throw new AssertionError("not a small integer: " + value.type());
        };
    }

    static boolean fitsLong(Value value) {
        return value instanceof Value.Int || value instanceof Value.Bool;
    }

    /** As a float; fails where Python overflows. */
    static double real(Machine machine, Value number) {
        if (number instanceof Value.Real(double real)) {
            return real;
        }
        double real = fitsLong(number) ? (double) small(number) : big(number).doubleValue();
        if (Double.isInfinite(real)) {
            throw machine.error("int too large to convert to float");
        }
        return real;
    }

    /** Compares two numbers by value; neither is NaN. */
    static int compare(Value left, Value right) {
        if (fitsLong(left) && fitsLong(right)) {
            return Long.compare(small(left), small(right));
        }
        if (isInteger(left) && isInteger(right)) {
            return big(left).compareTo(big(right));
        }
        if (left instanceof Value.Real(double a) && right instanceof Value.Real(double b)) {
            return a == b ? 0 : Double.compare(a, b); // 0.0 equals -0.0 here
        }
        return left instanceof Value.Real(double a)
                ? -compareMixed(right, a)
                : compareMixed(left, ((Value.Real) right).value());
    }

    private static int compareMixed(Value integer, double real) {
        if (Double.isInfinite(real)) {
            return real > 0 ? -1 : 1;
        }
        return new BigDecimal(big(integer)).compareTo(new BigDecimal(real));
    }

    /** A float as a key: the integer it equals, if there is one. */
    static Object key(double number) {
        if (number == Math.rint(number) && !Double.isInfinite(number)) {
            BigInteger integer = new BigDecimal(number).toBigInteger();
            return integer.bitLength() < 64 ? (Object) integer.longValue() : integer;
        }
        return number;
    }

    /** Python's {@code int(float)}; fails on what is not finite. */
    static Value truncate(Machine machine, double number) {
        if (Math.abs(number) < EXACT_DOUBLES) {
            return Value.of((long) number);
        }
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw machine.error(
                    "cannot convert float %s to integer".formatted(Double.isNaN(number) ? "NaN" : "infinity"));
        }
        return Value.of(new BigDecimal(number).toBigInteger());
    }

    /** An argument that must be an integer, clamped to int's range; {@code otherwise} if it was not given. */
    static int argument(Machine machine, @Nullable Value value, int otherwise) {
        return switch (value) {
            case null -> otherwise;
            case Value.Int(long number) -> Math.clamp(number, -Integer.MAX_VALUE, Integer.MAX_VALUE);
            case Value.Bool(boolean bool) -> bool ? 1 : 0;
            case Value.BigInt(BigInteger number) -> number.signum() * Integer.MAX_VALUE;
            default -> throw machine.error("'%s' object cannot be interpreted as an integer".formatted(value.type()));
        };
    }

    /** As {@link #argument}, for parameters that take None as not given. */
    static int optional(Machine machine, @Nullable Value value, int otherwise) {
        return value instanceof Value.None ? otherwise : argument(machine, value, otherwise);
    }

    /** A flag of a function of Python's own, which takes integers only. */
    static boolean flag(Machine machine, @Nullable Value value) {
        return argument(machine, value, 0) != 0;
    }
}
