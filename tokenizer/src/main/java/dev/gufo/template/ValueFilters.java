package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Filter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;

/** Filters on single values: numbers, defaults, attributes. */
final class ValueFilters {
    private static final String[] DECIMAL_UNITS = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    private static final String[] BINARY_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

    static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("default", ValueFilters::otherwise),
            entry("d", ValueFilters::otherwise),
            entry("attr", ValueFilters::attribute),
            entry("length", ValueFilters::length),
            entry("count", ValueFilters::length),
            entry("abs", ValueFilters::absolute),
            entry("int", ValueFilters::integer),
            entry("float", ValueFilters::real),
            entry("round", ValueFilters::round),
            entry("filesizeformat", ValueFilters::fileSize),
            entry("random", (machine, _, _) -> {
                throw machine.error("random is not supported: the same input must give the same prompt");
            }));

    private ValueFilters() {}

    private static Value otherwise(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "default", 0, "default_value", "boolean");
        boolean falsyToo = bound[1] != null && Comparison.truth(bound[1]);
        boolean keep = !(value instanceof Value.Undefined) && (!falsyToo || Comparison.truth(value));
        return keep ? value : bound[0] == null ? Value.Str.EMPTY : bound[0];
    }

    private static Value attribute(Machine machine, Value value, Arguments arguments) {
        Value name = arguments.bind(machine, "attr", 1, "name")[0];
        String attribute = StringMethods.string(machine, name).chars();
        if (value instanceof Dict dict && dict.get(attribute) != null) {
            // An item is no attribute: only what the dictionary itself has counts.
            Value own = Attributes.attribute(machine, new Dict(), attribute);
            return own instanceof Value.Undefined ? own : Attributes.attribute(machine, value, attribute);
        }
        return Attributes.attribute(machine, value, attribute);
    }

    private static Value length(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "length", 0);
        return Value.of(Sequences.length(machine, value));
    }

    private static Value absolute(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "abs", 0);
        if (value instanceof Value.Real(double number)) {
            return new Value.Real(Math.abs(number));
        }
        if (Numbers.isInteger(value)) {
            return Value.of(Numbers.big(value).abs());
        }
        throw machine.error("bad operand type for abs(): '%s'".formatted(value.type()));
    }

    private static Value integer(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "int", 0, "default", "base");
        boolean baseIsInteger = bound[1] == null || Numbers.isInteger(bound[1]);
        int base = baseIsInteger ? Numbers.argument(machine, bound[1], 10) : -1; // which no text is a number in
        Value otherwise = bound[0] == null ? Value.of(0) : bound[0];
        Comparison.requireDefined(machine, value);
        if (Numbers.isInteger(value)) {
            return Value.of(Numbers.big(value));
        }
        double number;
        if (value instanceof Value.Str str) {
            BigInteger parsed = NumberText.integer(machine, str.chars(), base);
            if (parsed != null) {
                return Value.of(parsed);
            }
            Double real = NumberText.real(str.chars());
            number = real == null ? Double.NaN : real;
        } else {
            number = value instanceof Value.Real(double real) ? real : Double.NaN;
        }
        boolean finite = !Double.isNaN(number) && !Double.isInfinite(number);
        return finite ? Numbers.truncate(machine, number) : otherwise;
    }

    private static Value real(Machine machine, Value value, Arguments arguments) {
        Value given = arguments.bind(machine, "float", 0, "default")[0];
        Value otherwise = given == null ? new Value.Real(0) : given;
        Comparison.requireDefined(machine, value);
        if (Numbers.isNumber(value)) {
            return new Value.Real(Numbers.real(machine, value));
        }
        Double parsed = value instanceof Value.Str str ? NumberText.real(str.chars()) : null;
        return parsed == null ? otherwise : new Value.Real(parsed);
    }

    private static Value round(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "round", 0, "precision", "method");
        int precision = Numbers.argument(machine, bound[0], 0);
        String method = bound[1] == null
                ? "common"
                : StringMethods.string(machine, bound[1]).chars();
        if (!Numbers.isNumber(value)) {
            Comparison.requireDefined(machine, value);
            throw machine.error("type %s doesn't define __round__ method".formatted(value.type()));
        }
        return switch (method) {
            case "common" -> rounded(machine, value, precision);
            case "ceil", "floor" -> {
                double scale = Math.pow(10, precision);
                double scaled = Numbers.real(machine, value) * scale;
                Value whole = Numbers.truncate(machine, method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled));
                if (scale == 0) {
                    throw machine.error("division by zero");
                }
                yield new Value.Real(Numbers.real(machine, whole) / scale);
            }
            default -> throw machine.error("method must be common, ceil or floor");
        };
    }

    private static Value rounded(Machine machine, Value value, int precision) {
        if (Numbers.isInteger(value)) {
            BigInteger number = Numbers.big(value);
            if (precision >= 0) {
                return Value.of(number);
            }
            if (-(long) precision > number.bitLength()) {
                return Value.of(0);
            }
            BigDecimal rounded = new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN);
            return Value.of(rounded.toBigInteger());
        }
        double number = Numbers.real(machine, value);
        if (Double.isNaN(number) || Double.isInfinite(number) || precision > 400) {
            return value;
        }
        if (precision < -400) {
            return new Value.Real(Math.copySign(0, number));
        }
        double rounded = new BigDecimal(number)
                .setScale(precision, RoundingMode.HALF_EVEN)
                .doubleValue();
        return new Value.Real(rounded == 0 ? Math.copySign(0, number) : rounded);
    }

    private static Value fileSize(Machine machine, Value value, Arguments arguments) {
        Value flag = arguments.bind(machine, "filesizeformat", 0, "binary")[0];
        boolean binary = flag != null && Comparison.truth(flag);
        Double parsed = value instanceof Value.Str str ? NumberText.real(str.chars()) : null;
        if (parsed == null && !Numbers.isNumber(value)) {
            throw machine.error("filesizeformat needs a number");
        }
        double bytes = parsed == null ? Numbers.real(machine, value) : parsed;
        if (Double.isNaN(bytes) || Double.isInfinite(bytes)) {
            throw machine.error("filesizeformat needs a finite number");
        }
        double base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return Value.trusted("1 Byte");
        }
        if (bytes < base) {
            return Value.trusted(new BigDecimal(bytes).toBigInteger() + " Bytes");
        }
        String[] units = binary ? BINARY_UNITS : DECIMAL_UNITS;
        int unit = 0;
        double size = base * base;
        while (bytes >= size && unit < units.length - 1) {
            unit++;
            size *= base;
        }
        double shown = base * bytes / size;
        return Value.trusted((Double.isInfinite(shown) ? "inf" : FormatSpec.fixed(shown, 1)) + " " + units[unit]);
    }
}
