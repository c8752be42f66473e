package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code json.dumps}, as transformers gives it to chat templates: nothing is escaped for HTML, and other than ASCII
 * stays as it is.
 */
final class PythonJson {
    /**
     * How to write.
     *
     * @param indent null for one line, otherwise what each level is indented by
     */
    record Style(
            boolean asciiOnly, @Nullable String indent, String itemSeparator, String keySeparator, boolean sortKeys) {}

    private final Machine machine;
    private final Style style;
    private final StringBuilder out = new StringBuilder();
    private int level;
    private boolean trusted = true;

    private PythonJson(Machine machine, Style style) {
        this.machine = machine;
        this.style = style;
    }

    /** The filter {@code tojson}. */
    static Value filter(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        boolean asciiOnly = bound[0] != null && Comparison.truth(bound[0]);
        boolean sortKeys = bound[3] != null && Comparison.truth(bound[3]);
        String indent = indent(machine, bound[1]);
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (bound[2] != null && !(bound[2] instanceof Value.None)) {
            List<Value> separators = Sequences.list(machine, bound[2]);
            if (separators.size() != 2
                    || !(separators.getFirst() instanceof Value.Str first)
                    || !(separators.getLast() instanceof Value.Str last)) {
                throw machine.error("separators must be two strings");
            }
            item = first.chars();
            key = last.chars();
        }
        PythonJson json = new PythonJson(machine, new Style(asciiOnly, indent, item, key, sortKeys));
        json.write(value);
        return Value.of(Text.of(json.out.toString(), json.trusted));
    }

    private static @Nullable String indent(Machine machine, @Nullable Value indent) {
        return switch (indent) {
            case null -> null;
            case Value.None _ -> null;
            case Value.Str str -> str.chars();
            default -> {
                int width = Math.max(0, Numbers.argument(machine, indent, 0));
                machine.chargeText(width);
                yield " ".repeat(width);
            }
        };
    }

    private void write(Value value) {
        machine.enter();
        switch (value) {
            case Value.None _ -> out.append("null");
            case Value.Bool(boolean bool) -> out.append(bool);
            case Value.Int(long number) -> out.append(number);
            case Value.BigInt(BigInteger number) -> {
                machine.chargeInteger(number.bitLength());
                out.append(number);
            }
            case Value.Real(double number) -> out.append(real(number));
            case Value.Str str -> string(str);
            case Value.ListValue(List<Value> items) -> list(items);
            case Value.Tuple(List<Value> items, boolean _) -> list(items);
            case Dict dict -> dict(dict);
            case Value.Undefined _,
                    Value.Range _,
                    Value.DictView _,
                    Value.Iter _,
                    Value.Function _,
                    Namespace _,
                    LoopContext _,
                    Cycler _ ->
                throw machine.error("Object of type %s is not JSON serializable".formatted(value.type()));
        }
        machine.checkOutput(out.length());
        machine.leave();
    }

    private static String real(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "Infinity" : "-Infinity";
        }
        return PythonRepr.real(number);
    }

    private void list(List<Value> items) {
        trusted = false;
        if (items.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        level++;
        for (int i = 0; i < items.size(); i++) {
            separate(i);
            write(items.get(i));
        }
        level--;
        newline();
        out.append(']');
    }

    private void dict(Dict dict) {
        trusted = false;
        if (dict.size() == 0) {
            out.append("{}");
            return;
        }
        List<Value> keys = dict.keys();
        if (style.sortKeys()) {
            keys = Sequences.sorted(keys, (a, b) -> Comparison.less(machine, a, b, "<"));
        }
        out.append('{');
        level++;
        for (int i = 0; i < keys.size(); i++) {
            separate(i);
            key(keys.get(i));
            out.append(style.keySeparator());
            write(requireNonNull(dict.get(machine, keys.get(i))));
        }
        level--;
        newline();
        out.append('}');
    }

    private void separate(int index) {
        out.append(index == 0 ? "" : style.itemSeparator());
        newline();
    }

    private void newline() {
        if (style.indent() != null) {
            machine.chargeText((long) style.indent().length() * level);
            out.append('\n').append(style.indent().repeat(level));
        }
    }

    private void key(Value key) {
        switch (key) {
            case Value.Str str -> string(str);
            case Value.None _, Value.Bool _, Value.Int _, Value.BigInt _, Value.Real _ -> {
                out.append('"');
                write(key);
                out.append('"');
            }
            default -> throw machine.error("keys must be str, int, float, bool or None, not " + key.type());
        }
    }

    private void string(Value.Str str) {
        String chars = str.chars();
        trusted &= str.text().allTrusted();
        machine.chargeText(chars.length());
        out.append('"');
        int from = 0;
        for (int i = 0; i < chars.length(); i++) {
            char character = chars.charAt(i);
            if (character < 0x20 || character == '"' || character == '\\' || (style.asciiOnly() && character > 0x7E)) {
                out.append(chars, from, i);
                escape(character);
                from = i + 1;
            }
        }
        out.append(chars, from, chars.length()).append('"');
    }

    private void escape(char character) {
        switch (character) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\f' -> out.append("\\f");
            case '\b' -> out.append("\\b");
            default -> out.append("\\u%04x".formatted((int) character));
        }
    }
}
