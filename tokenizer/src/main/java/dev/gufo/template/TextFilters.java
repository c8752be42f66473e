package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Filter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Filters from text to text. What is not a string is taken as it would print. */
final class TextFilters {
    static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("upper", simple("upper", Strings::upper)),
            entry("lower", simple("lower", Strings::lower)),
            entry("capitalize", simple("capitalize", Strings::capitalize)),
            entry("title", TextFilters::title),
            entry("trim", TextFilters::trim),
            entry("replace", TextFilters::replace),
            entry("string", TextFilters::string),
            entry("safe", TextFilters::safe),
            entry("escape", TextFilters::escape),
            entry("e", TextFilters::escape),
            entry("forceescape", TextFilters::forceEscape),
            entry("format", TextFilters::format),
            entry("join", TextFilters::join),
            entry("urlencode", TextFilters::urlEncode),
            entry("striptags", TextFilters::stripTags),
            entry("xmlattr", TextFilters::xmlAttributes));

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private TextFilters() {}

    /** The value as a string; a safe one stays safe. */
    static Value.Str soft(Machine machine, Value value) {
        return value instanceof Value.Str str ? str : Value.of(PythonRepr.str(machine, value));
    }

    private static Filter simple(String name, UnaryOperator<Text> change) {
        return (machine, value, arguments) -> {
            arguments.bind(machine, name, 0);
            Value.Str str = soft(machine, value);
            machine.chargeText(str.text().units());
            return str.with(change.apply(str.text()));
        };
    }

    /** Unlike the method of this name, cuts words at blanks, hyphens and opening brackets only. */
    private static Value title(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "title", 0);
        Text text = soft(machine, value).text();
        machine.chargeText(text.units());
        machine.charge(text.units());
        Text.Builder titled = new Text.Builder();
        int from = 0;
        while (from < text.units()) {
            boolean gap = isGap(text.chars().charAt(from));
            int to = from;
            while (to < text.units() && isGap(text.chars().charAt(to)) == gap) {
                to++;
            }
            if (gap) {
                titled.append(text, from, to);
            } else {
                int first = from + Character.charCount(text.chars().codePointAt(from));
                titled.append(Strings.upper(text.slice(from, first)));
                titled.append(Strings.lower(text.slice(first, to)));
            }
            from = to;
        }
        return Value.of(titled.build());
    }

    private static boolean isGap(char unit) {
        return "-({[<".indexOf(unit) >= 0 || Characters.isSpace(unit);
    }

    private static Value trim(Machine machine, Value value, Arguments arguments) {
        Value chars = arguments.bind(machine, "trim", 0, "chars")[0];
        Value.Str str = soft(machine, value);
        machine.charge(1 + str.text().units() / 64);
        boolean blanks = chars == null || chars instanceof Value.None;
        String strippable = blanks ? null : StringMethods.string(machine, chars).chars();
        return str.with(Strings.strip(str.text(), Strings.strippable(strippable), true, true));
    }

    private static Value replace(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "replace", 2, "old", "new", "count");
        Text text = PythonRepr.str(machine, value);
        String old = PythonRepr.str(machine, bound[0]).chars();
        Text replacement = PythonRepr.str(machine, bound[1]);
        return Value.of(Strings.replace(machine, text, old, replacement, Numbers.optional(machine, bound[2], -1)));
    }

    private static Value string(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "string", 0);
        return soft(machine, value);
    }

    private static Value safe(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "safe", 0);
        return new Value.Str(PythonRepr.str(machine, value), true);
    }

    private static Value escape(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "escape", 0);
        return new Value.Str(Html.escape(machine, soft(machine, value)), true);
    }

    private static Value forceEscape(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "forceescape", 0);
        return new Value.Str(Html.escape(machine, PythonRepr.str(machine, value)), true);
    }

    private static Value format(Machine machine, Value value, Arguments arguments) {
        Value.Str format = soft(machine, value);
        if (arguments.keywords().isEmpty()) {
            return PercentFormat.format(machine, format, new Value.Tuple(arguments.positional(), false));
        }
        if (!arguments.positional().isEmpty()) {
            throw machine.error("can't handle positional and keyword arguments at the same time");
        }
        Dict values = new Dict();
        arguments.keywords().forEach((name, named) -> values.put(name, Text.trusted(name), named));
        return PercentFormat.format(machine, format, values);
    }

    private static Value join(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "join", 0, "d", "attribute");
        Text separator = bound[0] == null ? Text.EMPTY : PythonRepr.str(machine, bound[0]);
        Attributes.Path path =
                bound[1] == null || bound[1] instanceof Value.None ? null : Attributes.Path.of(machine, bound[1]);
        Text.Builder joined = new Text.Builder();
        Iterator<Value> items = Sequences.iterate(machine, value);
        for (boolean first = true; items.hasNext(); first = false) {
            Value item = items.next();
            Text text = PythonRepr.str(machine, path == null ? item : path.get(machine, item, null));
            machine.chargeText((long) separator.units() + text.units());
            machine.checkOutput(joined.units());
            joined.append(first ? Text.EMPTY : separator);
            joined.append(text);
        }
        machine.checkOutput(joined.units());
        return Value.of(joined.build());
    }

    private static Value urlEncode(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "urlencode", 0);
        if (value instanceof Value.Str || !Sequences.isIterable(value)) {
            return Value.of(quote(machine, PythonRepr.str(machine, value), "/"));
        }
        Text.Builder query = new Text.Builder();
        Value pairs = value instanceof Dict dict ? new Value.DictView(dict, Value.DictView.Part.ITEMS) : value;
        Sequences.iterate(machine, pairs).forEachRemaining(item -> {
            List<Value> pair = Sequences.list(machine, item);
            if (pair.size() != 2) {
                throw machine.error("urlencode needs pairs");
            }
            query.append(query.units() == 0 ? "" : "&", false);
            query.append(quote(machine, PythonRepr.str(machine, pair.getFirst()), ""));
            query.append("=", false);
            query.append(quote(machine, PythonRepr.str(machine, pair.getLast()), ""));
            machine.checkOutput(query.units());
        });
        return Value.of(query.build());
    }

    /**
     * Percent-encodes; a query, where nothing but letters, digits and {@code -._~} is safe, writes blanks as {@code +}.
     */
    private static Text quote(Machine machine, Text text, String safe) {
        machine.chargeText(text.units() * 3L);
        StringBuilder quoted = new StringBuilder();
        for (byte unit : text.chars().getBytes(StandardCharsets.UTF_8)) {
            char character = (char) (unit & 0xFF);
            boolean plain = character < 128 && (Character.isLetterOrDigit(character) || "-._~".indexOf(character) >= 0);
            if (plain || safe.indexOf(character) >= 0) {
                quoted.append(character);
            } else if (character == ' ' && safe.isEmpty()) {
                quoted.append('+');
            } else {
                quoted.append('%').append(HEX.toHexDigits(unit));
            }
        }
        return Text.of(quoted.toString(), text.allTrusted());
    }

    /** Takes out comments and tags, folds blanks, and resolves the entities that escaping makes. */
    private static Value stripTags(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "striptags", 0);
        Text text = PythonRepr.str(machine, value);
        machine.chargeText(text.units());
        text = without(text, "<!--", "-->");
        text = without(text, "<", ">");
        Text folded = Strings.join(machine, Text.of(" ", text.allTrusted()), Strings.splitBlanks(text, -1));
        String[][] entities = {
            {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#34;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}
        };
        for (String[] entity : entities) {
            folded = Strings.replace(machine, folded, entity[0], Text.of(entity[1], folded.allTrusted()), -1);
        }
        return Value.of(folded);
    }

    private static Text without(Text text, String open, String close) {
        Text.Builder rest = new Text.Builder();
        int from = 0;
        while (true) {
            int start = text.chars().indexOf(open, from);
            int end = start < 0 ? -1 : text.chars().indexOf(close, start);
            if (end < 0) {
                rest.append(text, from, text.units());
                return rest.build();
            }
            rest.append(text, from, start);
            from = end + close.length();
        }
    }

    private static Value xmlAttributes(Machine machine, Value value, Arguments arguments) {
        Value space = arguments.bind(machine, "xmlattr", 0, "autospace")[0];
        if (!(value instanceof Dict dict)) {
            throw machine.error("xmlattr needs a mapping, not " + value.type());
        }
        Text.Builder out = new Text.Builder();
        boolean leading = space == null || Comparison.truth(space);
        dict.forEach((_, key, attribute) -> {
            if (attribute instanceof Value.None || attribute instanceof Value.Undefined) {
                return;
            }
            Value.Str name = soft(machine, key);
            if (name.chars().chars().anyMatch(c -> c < 128 && (Characters.isSpace(c) || "/>=".indexOf(c) >= 0))) {
                throw machine.error("invalid character in attribute name");
            }
            out.append(out.units() > 0 || leading ? " " : "", false);
            out.append(Html.escape(machine, name));
            out.append("=\"", false);
            out.append(Html.escape(machine, soft(machine, attribute)));
            out.append("\"", false);
            machine.checkOutput(out.units());
        });
        return Value.of(out.build());
    }
}
