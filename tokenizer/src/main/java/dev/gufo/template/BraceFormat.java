package dev.gufo.template;

import java.util.List;

/** {@code "...{}...".format(...)}: the format's own characters keep their trust, and so do the strings put in. */
final class BraceFormat {
    private static final int MAX_NESTING = 2;

    private final Machine machine;
    private final Value.Str format;
    private final Arguments arguments;
    private int automatic;
    private boolean manual;

    private BraceFormat(Machine machine, Value.Str format, Arguments arguments) {
        this.machine = machine;
        this.format = format;
        this.arguments = arguments;
    }

    static Text format(Machine machine, Value.Str format, Arguments arguments) {
        return new BraceFormat(machine, format, arguments).expand(format.text(), MAX_NESTING);
    }

    private Text expand(Text text, int nesting) {
        if (nesting == 0) {
            throw machine.error("Max string recursion exceeded");
        }
        String chars = text.chars();
        Text.Builder out = new Text.Builder();
        int at = 0;
        while (at < chars.length()) {
            char character = chars.charAt(at);
            if (character != '{' && character != '}') {
                int end = at;
                while (end < chars.length() && chars.charAt(end) != '{' && chars.charAt(end) != '}') {
                    end++;
                }
                out.append(text, at, end);
                at = end;
            } else if (at + 1 < chars.length() && chars.charAt(at + 1) == character) {
                out.append(text, at, at + 1);
                at += 2;
            } else if (character == '}') {
                throw machine.error("Single '}' encountered in format string");
            } else {
                int end = fieldEnd(chars, at + 1);
                Text field = field(text.slice(at + 1, end), nesting);
                machine.chargeText(field.units());
                machine.checkOutput(out.units());
                out.append(field);
                at = end + 1;
            }
        }
        return out.build();
    }

    private int fieldEnd(String chars, int from) {
        int depth = 1;
        for (int at = from; at < chars.length(); at++) {
            depth += chars.charAt(at) == '{' ? 1 : chars.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return at;
            }
        }
        throw machine.error("expected '}' before end of string");
    }

    private Text field(Text field, int nesting) {
        String chars = field.chars();
        int nameEnd = 0;
        int brackets = 0;
        while (nameEnd < chars.length() && (brackets > 0 || "!:".indexOf(chars.charAt(nameEnd)) < 0)) {
            brackets += chars.charAt(nameEnd) == '[' ? 1 : chars.charAt(nameEnd) == ']' ? -1 : 0;
            nameEnd++;
        }
        Value value = lookup(chars.substring(0, nameEnd));
        int specStart = nameEnd;
        if (nameEnd < chars.length() && chars.charAt(nameEnd) == '!') {
            specStart = nameEnd + 2;
            if (specStart > chars.length() || (specStart < chars.length() && chars.charAt(specStart) != ':')) {
                throw machine.error("expected ':' after conversion specifier");
            }
            value = convert(value, chars.charAt(nameEnd + 1));
        }
        Text spec = specStart < chars.length()
                ? expand(field.slice(specStart + 1, chars.length()), nesting - 1)
                : Text.EMPTY;
        Text text = spec.isEmpty()
                ? PythonRepr.str(machine, value)
                : FormatSpec.parse(machine, spec.chars()).apply(machine, value);
        boolean safe = value instanceof Value.Str str && str.markup();
        return format.markup() && !safe ? Html.escape(machine, text) : text;
    }

    private Value convert(Value value, char conversion) {
        return switch (conversion) {
            case 's' -> Value.of(PythonRepr.str(machine, value));
            case 'r', 'a' -> Value.of(PythonRepr.repr(machine, value));
            default -> throw machine.error("Unknown conversion specifier '%c'".formatted(conversion));
        };
    }

    private Value lookup(String name) {
        int end = 0;
        while (end < name.length() && ".[".indexOf(name.charAt(end)) < 0) {
            end++;
        }
        Value value = argument(name.substring(0, end));
        while (end < name.length()) {
            boolean attribute = name.charAt(end) == '.';
            int next = end + 1;
            while (next < name.length() && (attribute ? ".[" : "]").indexOf(name.charAt(next)) < 0) {
                next++;
            }
            if (!attribute && next == name.length()) {
                throw machine.error("Missing ']' in format string");
            }
            String key = name.substring(end + 1, next);
            machine.charge(1);
            value = attribute
                    ? Attributes.attribute(machine, value, key)
                    : Attributes.item(machine, value, isNumber(key) ? Value.of(position(key)) : Value.trusted(key));
            Comparison.requireDefined(machine, value);
            end = attribute ? next : next + 1;
        }
        return value;
    }

    private static boolean isNumber(String key) {
        return !key.isEmpty() && key.chars().allMatch(Characters::isAsciiDigit);
    }

    private int position(String digits) {
        if (digits.length() > 9) {
            throw machine.error("Too many decimal digits in format string");
        }
        return Integer.parseInt(digits);
    }

    private Value argument(String name) {
        if (!name.isEmpty() && !isNumber(name)) {
            Value value = arguments.keywords().get(name);
            if (value == null) {
                throw machine.error("format() has no argument '%s'".formatted(name));
            }
            return value;
        }
        if (name.isEmpty() ? manual : automatic > 0) {
            throw machine.error("cannot switch between manual and automatic field numbering");
        }
        manual = !name.isEmpty();
        int index = manual ? position(name) : automatic++;
        List<Value> positional = arguments.positional();
        if (index >= positional.size()) {
            throw machine.error("Replacement index %d out of range for positional args tuple".formatted(index));
        }
        return positional.get(index);
    }
}
