package dev.gufo.template;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The methods of Python's strings that make new strings. The result of a safe string's method is safe, as markupsafe
 * has it.
 */
final class StringMethods {
    /** A method: what it does with its string and its arguments. */
    @FunctionalInterface
    interface Method {
        Value call(Machine machine, Value.Str self, Arguments arguments);
    }

    private static final Map<String, Method> METHODS = Map.ofEntries(
            entry("upper", simple("upper", Strings::upper)),
            entry("lower", simple("lower", Strings::lower)),
            entry("casefold", simple("casefold", text -> Strings.lower(Strings.upper(text)))),
            entry("capitalize", simple("capitalize", Strings::capitalize)),
            entry("title", simple("title", Strings::title)),
            entry("swapcase", simple("swapcase", Strings::swapCase)),
            entry("strip", (machine, self, arguments) -> strip(machine, self, arguments, true, true)),
            entry("lstrip", (machine, self, arguments) -> strip(machine, self, arguments, true, false)),
            entry("rstrip", (machine, self, arguments) -> strip(machine, self, arguments, false, true)),
            entry("split", (machine, self, arguments) -> split(machine, self, arguments, false)),
            entry("rsplit", (machine, self, arguments) -> split(machine, self, arguments, true)),
            entry("splitlines", StringMethods::splitLines),
            entry("partition", (machine, self, arguments) -> partition(machine, self, arguments, false)),
            entry("rpartition", (machine, self, arguments) -> partition(machine, self, arguments, true)),
            entry("replace", StringMethods::replace),
            entry("join", StringMethods::join),
            entry("removeprefix", StringMethods::removePrefix),
            entry("removesuffix", StringMethods::removeSuffix),
            entry("center", StringMethods::center),
            entry("ljust", (machine, self, arguments) -> justify(machine, self, arguments, true)),
            entry("rjust", (machine, self, arguments) -> justify(machine, self, arguments, false)),
            entry("zfill", StringMethods::zeroFill),
            entry("expandtabs", StringMethods::expandTabs),
            entry("format", StringMethods::format));

    private StringMethods() {}

    /** The bound method, null if there is none of that name. */
    static @Nullable Value find(Value.Str self, String name) {
        Method found = METHODS.get(name);
        Method method = found == null ? StringQueries.METHODS.get(name) : found;
        return method == null
                ? null
                : new Value.Function("method", name, (machine, arguments) -> {
                    machine.chargeText(self.text().units());
                    return method.call(machine, self, arguments);
                });
    }

    private static Method simple(String name, UnaryOperator<Text> change) {
        return (machine, self, arguments) -> {
            arguments.bind(machine, name, 0);
            machine.charge(self.text().units());
            return self.with(change.apply(self.text()));
        };
    }

    static Value.Str string(Machine machine, Value value) {
        if (value instanceof Value.Str str) {
            return str;
        }
        Comparison.requireDefined(machine, value);
        throw machine.error("argument must be str, not " + value.type());
    }

    private static @Nullable String orNull(Machine machine, @Nullable Value value) {
        return value == null || value instanceof Value.None
                ? null
                : string(machine, value).chars();
    }

    private static Value strip(Machine machine, Value.Str self, Arguments arguments, boolean left, boolean right) {
        String chars = orNull(machine, arguments.bind(machine, "strip", 0, "chars")[0]);
        machine.charge(chars == null ? 0 : chars.length());
        IntPredicate strippable = Strings.strippable(chars);
        return self.with(Strings.strip(self.text(), strippable, left, right));
    }

    private static Value split(Machine machine, Value.Str self, Arguments arguments, boolean fromRight) {
        Value[] bound = arguments.bind(machine, "split", 0, "sep", "maxsplit");
        String separator = orNull(machine, bound[0]);
        int max = Numbers.argument(machine, bound[1], -1);
        if (separator != null && separator.isEmpty()) {
            throw machine.error("empty separator");
        }
        List<Text> parts;
        machine.chargeSearch(self.chars(), separator == null ? "" : separator);
        if (separator == null) {
            parts = fromRight ? Strings.splitBlanksFromRight(self.text(), max) : Strings.splitBlanks(self.text(), max);
        } else {
            parts = fromRight
                    ? Strings.splitFromRight(self.text(), separator, max)
                    : Strings.split(self.text(), separator, max);
        }
        return list(machine, self, parts);
    }

    private static Value splitLines(Machine machine, Value.Str self, Arguments arguments) {
        Value keepEnds = arguments.bind(machine, "splitlines", 0, "keepends")[0];
        return list(machine, self, Strings.splitLines(self.text(), Numbers.flag(machine, keepEnds)));
    }

    private static Value list(Machine machine, Value.Str self, List<Text> parts) {
        machine.charge(parts.size());
        List<Value> items = new ArrayList<>(parts.size());
        parts.forEach(part -> items.add(self.with(part)));
        return new Value.ListValue(items);
    }

    private static Value partition(Machine machine, Value.Str self, Arguments arguments, boolean fromRight) {
        String separator = string(machine, arguments.bind(machine, "partition", 1, "sep")[0])
                .chars();
        if (separator.isEmpty()) {
            throw machine.error("empty separator");
        }
        Text text = self.text();
        int found =
                fromRight ? text.chars().lastIndexOf(separator) : text.chars().indexOf(separator);
        if (found < 0) {
            return fromRight
                    ? Value.tuple(self.with(Text.EMPTY), self.with(Text.EMPTY), self)
                    : Value.tuple(self, self.with(Text.EMPTY), self.with(Text.EMPTY));
        }
        int end = found + separator.length();
        return Value.tuple(
                self.with(text.slice(0, found)),
                self.with(text.slice(found, end)),
                self.with(text.slice(end, text.units())));
    }

    private static Value replace(Machine machine, Value.Str self, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "replace", 2, "old", "new", "count");
        Value.Str replacement = string(machine, bound[1]);
        Text text = self.markup() ? Html.escape(machine, replacement) : replacement.text();
        int max = Numbers.argument(machine, bound[2], -1);
        return self.with(
                Strings.replace(machine, self.text(), string(machine, bound[0]).chars(), text, max));
    }

    private static Value join(Machine machine, Value.Str self, Arguments arguments) {
        List<Value> items = Sequences.list(machine, arguments.bind(machine, "join", 1, "iterable")[0]);
        List<Text> parts = new ArrayList<>(items.size());
        for (Value item : items) {
            if (self.markup()) {
                Value.Str str = item instanceof Value.Str s ? s : Value.of(PythonRepr.str(machine, item));
                parts.add(Html.escape(machine, str));
            } else if (item instanceof Value.Str str) {
                parts.add(str.text());
            } else {
                throw machine.error(
                        "sequence item %d: expected str instance, %s found".formatted(parts.size(), item.type()));
            }
        }
        return self.with(Strings.join(machine, self.text(), parts));
    }

    private static Value removePrefix(Machine machine, Value.Str self, Arguments arguments) {
        String prefix = string(machine, arguments.bind(machine, "removeprefix", 1, "prefix")[0])
                .chars();
        Text text = self.text();
        return text.chars().startsWith(prefix) ? self.with(text.slice(prefix.length(), text.units())) : self;
    }

    private static Value removeSuffix(Machine machine, Value.Str self, Arguments arguments) {
        String suffix = string(machine, arguments.bind(machine, "removesuffix", 1, "suffix")[0])
                .chars();
        Text text = self.text();
        return text.chars().endsWith(suffix) ? self.with(text.slice(0, text.units() - suffix.length())) : self;
    }

    private static int fill(Machine machine, Value fill) {
        if (fill == null) {
            return ' ';
        }
        Text text = string(machine, fill).text();
        if (text.length() != 1) {
            throw machine.error("the fill character must be exactly one character long");
        }
        return text.chars().codePointAt(0);
    }

    private static Value center(Machine machine, Value.Str self, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "center", 1, "width", "fillchar");
        int width = Numbers.argument(machine, bound[0], 0);
        return self.with(Strings.center(machine, self.text(), width, fill(machine, bound[1])));
    }

    private static Value justify(Machine machine, Value.Str self, Arguments arguments, boolean left) {
        Value[] bound = arguments.bind(machine, left ? "ljust" : "rjust", 1, "width", "fillchar");
        int missing = Numbers.argument(machine, bound[0], 0) - self.text().length();
        int fill = fill(machine, bound[1]);
        return self.with(Strings.pad(machine, self.text(), left ? 0 : missing, left ? missing : 0, fill));
    }

    private static Value zeroFill(Machine machine, Value.Str self, Arguments arguments) {
        int width = Numbers.argument(machine, arguments.bind(machine, "zfill", 1, "width")[0], 0);
        Text text = self.text();
        boolean signed = text.chars().startsWith("-") || text.chars().startsWith("+");
        Text digits = signed ? text.slice(1, text.units()) : text;
        Text.Builder filled = new Text.Builder();
        filled.append(text, 0, signed ? 1 : 0);
        filled.append(Strings.pad(machine, digits, width - text.length(), 0, '0'));
        return self.with(filled.build());
    }

    private static Value expandTabs(Machine machine, Value.Str self, Arguments arguments) {
        int size = Numbers.argument(machine, arguments.bind(machine, "expandtabs", 0, "tabsize")[0], 8);
        Text text = self.text();
        Text.Builder expanded = new Text.Builder();
        int column = 0;
        for (int offset = 0; offset < text.units(); ) {
            int codePoint = text.chars().codePointAt(offset);
            if (codePoint == '\t') {
                int blanks = size > 0 ? size - column % size : 0;
                machine.chargeText(expanded.units() / 64L + blanks);
                machine.checkOutput(expanded.units());
                expanded.append(" ".repeat(blanks), text.trustedAt(offset));
                column += blanks;
            } else {
                expanded.appendCodePoint(codePoint, text.trustedAt(offset));
                column = codePoint == '\n' || codePoint == '\r' ? 0 : column + 1;
            }
            offset += Character.charCount(codePoint);
        }
        return self.with(expanded.build());
    }

    private static Value format(Machine machine, Value.Str self, Arguments arguments) {
        return self.with(BraceFormat.format(machine, self, arguments));
    }
}
