package dev.gufo.template;

import java.util.List;

/** {@code "...%s..." % values}: the format's own characters keep their trust, and so do the strings put in. */
final class PercentFormat {
    private final Machine machine;
    private final Value.Str format;
    private final Value values;
    private final List<Value> positional;
    private int taken;
    private int at;

    private PercentFormat(Machine machine, Value.Str format, Value values) {
        this.machine = machine;
        this.format = format;
        this.values = values;
        this.positional = values instanceof Value.Tuple(List<Value> items, boolean _) ? items : List.of(values);
    }

    static Value format(Machine machine, Value.Str format, Value values) {
        return format.with(new PercentFormat(machine, format, values).expand());
    }

    private Text expand() {
        Text text = format.text();
        String chars = text.chars();
        Text.Builder out = new Text.Builder();
        while (at < chars.length()) {
            int percent = chars.indexOf('%', at);
            out.append(text, at, percent < 0 ? chars.length() : percent);
            if (percent < 0) {
                break;
            }
            at = percent + 1;
            Text piece = directive(chars, text);
            machine.chargeText(piece.units());
            machine.checkOutput(out.units());
            out.append(piece);
        }
        boolean spare = values instanceof Dict || values instanceof Value.ListValue;
        if (taken < positional.size() && !spare) {
            throw machine.error("not all arguments converted during string formatting");
        }
        return out.build();
    }

    private Text directive(String chars, Text text) {
        Value named = null;
        if (at < chars.length() && chars.charAt(at) == '(') {
            named = named(chars);
        }
        StringBuilder flags = new StringBuilder();
        while (at < chars.length() && "#0- +".indexOf(chars.charAt(at)) >= 0) {
            flags.append(chars.charAt(at++));
        }
        int width = number(chars);
        int precision = -1;
        if (at < chars.length() && chars.charAt(at) == '.') {
            at++;
            precision = Math.max(0, number(chars));
        }
        while (at < chars.length() && "hlL".indexOf(chars.charAt(at)) >= 0) {
            at++;
        }
        if (at == chars.length()) {
            throw machine.error("incomplete format");
        }
        char type = chars.charAt(at++);
        if (type == '%') {
            return text.slice(at - 1, at);
        }
        Value value = named == null ? next() : named;
        return convert(value, type, flags.toString(), width, precision);
    }

    private Value named(String chars) {
        int depth = 0;
        int end = at;
        do {
            if (end == chars.length()) {
                throw machine.error("incomplete format key");
            }
            depth += chars.charAt(end) == '(' ? 1 : chars.charAt(end) == ')' ? -1 : 0;
            end++;
        } while (depth > 0);
        String key = chars.substring(at + 1, end - 1);
        at = end;
        if (!(values instanceof Dict dict)) {
            throw machine.error("format requires a mapping");
        }
        Value value = dict.get(key);
        if (value == null) {
            throw machine.error("the format names a key that is not there");
        }
        return value;
    }

    private Value next() {
        if (taken >= positional.size()) {
            throw machine.error("not enough arguments for format string");
        }
        return positional.get(taken++);
    }

    private int number(String chars) {
        if (at < chars.length() && chars.charAt(at) == '*') {
            at++;
            int number = Numbers.argument(machine, next(), 0);
            machine.chargeText(Math.abs((long) number));
            return number;
        }
        int from = at;
        while (at < chars.length() && Characters.isAsciiDigit(chars.charAt(at))) {
            at++;
        }
        if (at - from > 9) {
            throw machine.limit("a format's width or precision has more than 9 digits");
        }
        int number = at == from ? 0 : Integer.parseInt(chars, from, at, 10);
        machine.chargeText(number);
        return number;
    }

    private Text convert(Value value, char type, String flags, int width, int precision) {
        boolean left = flags.indexOf('-') >= 0 || width < 0;
        boolean zeros = flags.indexOf('0') >= 0 && !left;
        char sign = flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : '-';
        boolean alternate = flags.indexOf('#') >= 0;
        int size = Math.abs(width);
        return switch (type) {
            case 's', 'r', 'a' -> {
                Text text = type == 's' ? PythonRepr.str(machine, value) : PythonRepr.repr(machine, value);
                boolean safe = value instanceof Value.Str str && str.markup();
                text = format.markup() && !safe ? Html.escape(machine, text) : text;
                yield spec(left, false, '-', false, size, precision, 's').apply(machine, Value.of(text));
            }
            case 'c' -> {
                boolean character = value instanceof Value.Str str && str.text().length() == 1;
                yield spec(left, false, '-', false, size, -1, character ? 's' : 'c')
                        .apply(machine, value);
            }
            case 'd', 'i', 'u' -> integer(value, left, zeros, sign, size, precision);
            case 'x', 'X', 'o' -> {
                if (!Numbers.isInteger(value)) {
                    throw machine.error("%%%c format: an integer is required, not %s".formatted(type, value.type()));
                }
                yield spec(left, zeros, sign, alternate, size, -1, type).apply(machine, value);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                if (!Numbers.isNumber(value)) {
                    Comparison.requireDefined(machine, value);
                    throw machine.error("must be real number, not " + value.type());
                }
                Value real = new Value.Real(Numbers.real(machine, value));
                yield spec(left, zeros, sign, alternate, size, precision, type).apply(machine, real);
            }
            default -> throw machine.error("unsupported format character '%c'".formatted(type));
        };
    }

    private Text integer(Value value, boolean left, boolean zeros, char sign, int size, int precision) {
        Value number = value instanceof Value.Real(double real) ? Numbers.truncate(machine, real) : value;
        if (!Numbers.isInteger(number)) {
            Comparison.requireDefined(machine, value);
            throw machine.error("%%d format: a real number is required, not %s".formatted(value.type()));
        }
        if (precision < 0) {
            return spec(left, zeros, sign, false, size, -1, 'd').apply(machine, number);
        }
        int signWidth = Numbers.big(number).signum() < 0 || sign != '-' ? 1 : 0;
        Text digits =
                spec(false, true, sign, false, precision + signWidth, -1, 'd').apply(machine, number);
        return spec(left, false, '-', false, size, -1, 's').apply(machine, Value.of(digits));
    }

    private static FormatSpec spec(
            boolean left, boolean zeros, char sign, boolean alternate, int width, int precision, char type) {
        char align = left ? '<' : zeros ? '=' : '>';
        return new FormatSpec(zeros ? '0' : ' ', align, sign, alternate, zeros, width, (char) 0, precision, type);
    }
}
