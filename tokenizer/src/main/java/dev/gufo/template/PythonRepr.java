package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Python's {@code str} and {@code repr}. A string keeps its provenance, a number's digits are harmless and trusted, and
 * what a container prints as is never trusted, since anything may be in it.
 */
final class PythonRepr {
    private final Machine machine;
    private final StringBuilder out = new StringBuilder();
    private final List<Namespace> open = new ArrayList<>();
    private final boolean sortKeys;

    private PythonRepr(Machine machine, boolean sortKeys) {
        this.machine = machine;
        this.sortKeys = sortKeys;
    }

    static Text str(Machine machine, Value value) {
        return switch (value) {
            case Value.Str str -> str.text();
            case Value.None _ -> Text.trusted("None");
            case Value.Bool(boolean bool) -> Text.trusted(bool ? "True" : "False");
            case Value.Int(long number) -> Text.trusted(Long.toString(number));
            case Value.BigInt big -> {
                machine.chargeInteger(big.value().bitLength());
                yield Text.trusted(big.value().toString());
            }
            case Value.Real(double number) -> Text.trusted(real(number));
            case Value.Undefined _ -> Text.EMPTY;
            default -> repr(machine, value);
        };
    }

    static Text repr(Machine machine, Value value) {
        return repr(machine, value, false);
    }

    /** {@code sortKeys}: as pprint shows dictionaries. */
    static Text repr(Machine machine, Value value, boolean sortKeys) {
        PythonRepr repr = new PythonRepr(machine, sortKeys);
        repr.write(value);
        boolean trusted = value instanceof Value.Str str ? str.text().allTrusted() : !isContainer(value);
        return Text.of(repr.out.toString(), trusted);
    }

    /** Whether it holds other values, whose text may come from anywhere. */
    private static boolean isContainer(Value value) {
        return !(value instanceof Value.None || value instanceof Value.Undefined || Numbers.isNumber(value));
    }

    private void write(Value value) {
        machine.enter();
        switch (value) {
            case Value.Str str -> {
                out.append(str.markup() ? "Markup(" : "");
                machine.chargeText(str.chars().length());
                quote(str.chars(), out);
                out.append(str.markup() ? ")" : "");
            }
            case Value.ListValue list -> items("[", list.items(), "]");
            case Value.Tuple(List<Value> items, boolean _) -> items("(", items, items.size() == 1 ? ",)" : ")");
            case Dict dict -> dict(dict);
            case Value.DictView view -> {
                out.append(view.type()).append('(');
                items("[", Sequences.list(machine, view), "]");
                out.append(')');
            }
            case Value.Range range -> {
                out.append("range(").append(range.start()).append(", ").append(range.stop());
                out.append(range.step() == 1 ? "" : ", " + range.step()).append(')');
            }
            case Namespace namespace -> namespace(namespace);
            case Value.Iter _ -> out.append("<generator object>");
            case Value.Function(String type, String name, Value.Function.Body _) ->
                out.append(type.equals("Macro") ? "<Macro '%s'>".formatted(name) : "<%s %s>".formatted(type, name));
            case LoopContext loop -> out.append(loop);
            case Cycler _ -> out.append("<Cycler>");
            case Value.Undefined _ -> out.append("Undefined");
            case Value.None _, Value.Bool _, Value.Int _, Value.BigInt _, Value.Real _ ->
                out.append(str(machine, value).chars());
        }
        machine.checkOutput(out.length());
        machine.leave();
    }

    private void items(String before, List<Value> items, String after) {
        out.append(before);
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            write(items.get(i));
        }
        out.append(after);
    }

    private void dict(Dict dict) {
        List<Value> keys = dict.keys();
        if (sortKeys) {
            keys = Sequences.sorted(keys, (a, b) -> Comparison.less(machine, a, b, "<"));
        }
        out.append('{');
        for (int i = 0; i < keys.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            write(keys.get(i));
            out.append(": ");
            write(requireNonNull(dict.get(machine, keys.get(i))));
        }
        out.append('}');
    }

    private void namespace(Namespace namespace) {
        if (open.stream().anyMatch(other -> other == namespace)) {
            out.append("<Namespace {...}>");
            return;
        }
        open.add(namespace);
        out.append("<Namespace ");
        write(namespace.snapshot());
        out.append('>');
        open.removeLast();
    }

    /** Python prefers single quotes, unless only the other kind saves escaping. */
    private static void quote(String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(codePoint -> {
            switch (codePoint) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (codePoint == quote) {
                        out.append('\\').append(quote);
                    } else if (Characters.isPrintable(codePoint)) {
                        out.appendCodePoint(codePoint);
                    } else if (codePoint < 0x100) {
                        out.append("\\x%02x".formatted(codePoint));
                    } else {
                        out.append((codePoint < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(codePoint));
                    }
                }
            }
        });
        out.append(quote);
    }

    /** A float in the fewest digits that read back as the same number, with an exponent below 1e-4 and from 1e16. */
    static String real(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        String sign = Double.compare(number, 0.0) < 0 ? "-" : "";
        if (number == 0) {
            return sign + "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(number))).stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        int exponent = digits.length() - shortest.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return "%s%c%se%c%02d"
                    .formatted(sign, digits.charAt(0), fraction, exponent < 0 ? '-' : '+', Math.abs(exponent));
        }
        String plain = shortest.toPlainString();
        return sign + (plain.indexOf('.') >= 0 ? plain : plain + ".0");
    }
}
