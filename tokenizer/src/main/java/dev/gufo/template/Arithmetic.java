package dev.gufo.template;

import dev.gufo.template.Expr.Operator;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic operators, on numbers and on sequences. */
final class Arithmetic {
    private Arithmetic() {}

    static Value apply(Machine machine, Operator operator, Value left, Value right) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return numbers(machine, operator, left, right);
        }
        if (operator == Operator.MODULO && left instanceof Value.Str format) {
            return PercentFormat.format(machine, format, right);
        }
        Comparison.requireDefined(machine, left);
        Comparison.requireDefined(machine, right);
        return switch (operator) {
            case ADD -> join(machine, left, right);
            case MULTIPLY -> Numbers.isInteger(left) ? repeat(machine, right, left) : repeat(machine, left, right);
            default -> throw unsupported(machine, operator, left, right);
        };
    }

    private static TemplateException unsupported(Machine machine, Operator operator, Value left, Value right) {
        return machine.error("unsupported operand type(s) for %s: '%s' and '%s'"
                .formatted(operator.sign(), left.type(), right.type()));
    }

    private static Value numbers(Machine machine, Operator operator, Value left, Value right) {
        if (left instanceof Value.Real || right instanceof Value.Real) {
            return reals(machine, operator, Numbers.real(machine, left), Numbers.real(machine, right));
        }
        return switch (operator) {
            case DIVIDE -> divide(machine, left, right);
            case POWER -> power(machine, left, right);
            case ADD, SUBTRACT, MULTIPLY, FLOOR_DIVIDE, MODULO -> integers(machine, operator, left, right);
        };
    }

    private static Value integers(Machine machine, Operator operator, Value left, Value right) {
        boolean divides = operator == Operator.FLOOR_DIVIDE || operator == Operator.MODULO;
        if (divides && !Comparison.truth(right)) {
            throw machine.error("integer division or modulo by zero");
        }
        BigInteger a = Numbers.big(left);
        BigInteger b = Numbers.big(right);
        machine.chargeInteger(operator == Operator.MULTIPLY ? (long) a.bitLength() + b.bitLength() : 0);
        BigInteger result = switch (operator) {
            case ADD -> a.add(b);
            case SUBTRACT -> a.subtract(b);
            case MULTIPLY -> a.multiply(b);
            case FLOOR_DIVIDE -> floorDivide(a, b);
            default -> a.subtract(floorDivide(a, b).multiply(b));
        };
        machine.chargeInteger(result.bitLength());
        return Value.of(result);
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        BigInteger[] parts = a.divideAndRemainder(b);
        boolean roundDown = parts[1].signum() != 0 && parts[1].signum() != b.signum();
        return roundDown ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Value divide(Machine machine, Value left, Value right) {
        if (!Comparison.truth(right)) {
            throw machine.error("division by zero");
        }
        if (isExact(left) && isExact(right)) {
            return new Value.Real((double) Numbers.small(left) / Numbers.small(right));
        }
        BigDecimal quotient = new BigDecimal(Numbers.big(left))
                .divide(new BigDecimal(Numbers.big(right)), new MathContext(40, RoundingMode.HALF_EVEN));
        double real = quotient.doubleValue();
        if (Double.isInfinite(real)) {
            throw machine.error("integer division result too large for a float");
        }
        return new Value.Real(real);
    }

    /** Whether the integer is a float too. */
    private static boolean isExact(Value integer) {
        return Numbers.fitsLong(integer) && Math.abs((double) Numbers.small(integer)) < 1L << 53;
    }

    private static Value power(Machine machine, Value left, Value right) {
        BigInteger base = Numbers.big(left);
        BigInteger exponent = Numbers.big(right);
        if (exponent.signum() < 0) {
            return reals(machine, Operator.POWER, Numbers.real(machine, left), Numbers.real(machine, right));
        }
        if (base.abs().bitLength() <= 1) {
            boolean negative = base.signum() < 0 && exponent.testBit(0);
            boolean zero = base.signum() == 0 && exponent.signum() > 0;
            return Value.of(zero ? 0 : negative ? -1 : 1);
        }
        machine.chargeInteger(
                exponent.bitLength() > 31
                        ? Long.MAX_VALUE
                        : exponent.longValue() * (base.abs().bitLength() - 1));
        BigInteger result = base.pow(exponent.intValueExact());
        machine.chargeInteger(result.bitLength());
        return Value.of(result);
    }

    private static Value reals(Machine machine, Operator operator, double a, double b) {
        boolean divides =
                operator == Operator.DIVIDE || operator == Operator.FLOOR_DIVIDE || operator == Operator.MODULO;
        if (divides && b == 0) {
            throw machine.error("float division by zero");
        }
        return new Value.Real(
                switch (operator) {
                    case ADD -> a + b;
                    case SUBTRACT -> a - b;
                    case MULTIPLY -> a * b;
                    case DIVIDE -> a / b;
                    case FLOOR_DIVIDE -> floorDivide(a, b);
                    case MODULO -> modulo(a, b);
                    case POWER -> power(machine, a, b);
                });
    }

    private static double modulo(double a, double b) {
        double remainder = a % b;
        if (remainder == 0) {
            return Math.copySign(0, b);
        }
        return (b < 0) == (remainder < 0) ? remainder : remainder + b;
    }

    private static double floorDivide(double a, double b) {
        double quotient = (a - modulo(a, b)) / b;
        if (quotient == 0) {
            return Math.copySign(0, a / b);
        }
        double floor = Math.floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double power(Machine machine, double a, double b) {
        if (a == 0 && b < 0) {
            throw machine.error("0.0 cannot be raised to a negative power");
        }
        if (a == 1 || b == 0) {
            return 1; // where Java says NaN
        }
        double result = Math.pow(a, b);
        boolean finiteOperands = !Double.isNaN(a) && !Double.isNaN(b) && !Double.isInfinite(a) && !Double.isInfinite(b);
        if (finiteOperands && Double.isNaN(result)) {
            throw machine.error("complex numbers are not supported");
        }
        if (finiteOperands && Double.isInfinite(result)) {
            throw machine.error("numerical result out of range");
        }
        return a == -1 && Double.isInfinite(b) ? 1 : result;
    }

    static Value sign(Machine machine, Value operand, boolean negative) {
        Comparison.requireDefined(machine, operand);
        if (operand instanceof Value.Real(double number)) {
            return new Value.Real(negative ? -number : number);
        }
        if (Numbers.isInteger(operand)) {
            BigInteger number = Numbers.big(operand);
            return Value.of(negative ? number.negate() : number);
        }
        throw machine.error("bad operand type for unary %s: '%s'".formatted(negative ? "-" : "+", operand.type()));
    }

    private static Value join(Machine machine, Value left, Value right) {
        if (left instanceof Value.Str a && right instanceof Value.Str b) {
            return concat(machine, a, b);
        }
        if (left instanceof Value.ListValue(List<Value> a) && right instanceof Value.ListValue(List<Value> b)) {
            return new Value.ListValue(append(machine, a, b));
        }
        if (left instanceof Value.Tuple(List<Value> a, boolean _)
                && right instanceof Value.Tuple(List<Value> b, boolean _)) {
            return new Value.Tuple(append(machine, a, b), false);
        }
        if (left instanceof Value.Str || left instanceof Value.ListValue || left instanceof Value.Tuple) {
            throw machine.error(
                    "can only concatenate %s (not \"%s\") to %s".formatted(left.type(), right.type(), left.type()));
        }
        throw unsupported(machine, Operator.ADD, left, right);
    }

    /** Joins two strings; if either is safe HTML, the other is escaped. */
    static Value.Str concat(Machine machine, Value.Str left, Value.Str right) {
        boolean markup = left.markup() || right.markup();
        Text a = markup ? Html.escape(machine, left) : left.text();
        Text b = markup ? Html.escape(machine, right) : right.text();
        machine.chargeText((long) a.units() + b.units());
        Text.Builder joined = new Text.Builder();
        joined.append(a);
        joined.append(b);
        return new Value.Str(joined.build(), markup);
    }

    private static List<Value> append(Machine machine, List<Value> left, List<Value> right) {
        machine.charge((long) left.size() + right.size());
        List<Value> joined = new ArrayList<>(left.size() + right.size());
        joined.addAll(left);
        joined.addAll(right);
        return joined;
    }

    private static Value repeat(Machine machine, Value sequence, Value count) {
        if (!Numbers.isInteger(count)) {
            throw unsupported(machine, Operator.MULTIPLY, sequence, count);
        }
        int times = Math.max(0, Numbers.argument(machine, count, 0));
        return switch (sequence) {
            case Value.Str str -> {
                machine.chargeText((long) str.text().units() * times);
                Text.Builder repeated = new Text.Builder();
                for (int i = 0; i < times && !str.text().isEmpty(); i++) {
                    repeated.append(str.text());
                }
                yield str.with(repeated.build());
            }
            case Value.ListValue(List<Value> items) -> new Value.ListValue(repeat(machine, items, times));
            case Value.Tuple(List<Value> items, boolean _) -> new Value.Tuple(repeat(machine, items, times), false);
            default -> throw unsupported(machine, Operator.MULTIPLY, sequence, count);
        };
    }

    private static List<Value> repeat(Machine machine, List<Value> items, int times) {
        machine.charge((long) items.size() * times);
        List<Value> repeated = new ArrayList<>();
        for (int i = 0; i < times && !items.isEmpty(); i++) {
            repeated.addAll(items);
        }
        return repeated;
    }
}
