package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.StringMethods.Method;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;

/** The methods of Python's strings that ask something: where, how often, whether. Positions are code points. */
final class StringQueries {
    static final Map<String, Method> METHODS = Map.ofEntries(
            entry("find", (machine, self, arguments) -> Value.of(find(machine, self, arguments, false))),
            entry("rfind", (machine, self, arguments) -> Value.of(find(machine, self, arguments, true))),
            entry("index", (machine, self, arguments) -> index(machine, self, arguments, false)),
            entry("rindex", (machine, self, arguments) -> index(machine, self, arguments, true)),
            entry("count", StringQueries::count),
            entry(
                    "startswith",
                    (machine, self, arguments) -> affix(machine, self, arguments, "startswith", String::startsWith)),
            entry(
                    "endswith",
                    (machine, self, arguments) -> affix(machine, self, arguments, "endswith", String::endsWith)),
            entry("isalpha", all("isalpha", Character::isLetter)),
            entry("isalnum", all("isalnum", Characters::isAlphanumeric)),
            entry("isspace", all("isspace", Characters::isSpace)),
            entry(
                    "isdecimal",
                    all("isdecimal", codePoint -> Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER)),
            entry("isdigit", all("isdigit", StringQueries::isDigit)),
            entry("isnumeric", all("isnumeric", StringQueries::isNumeric)),
            entry("isascii", allOrEmpty("isascii", codePoint -> codePoint < 128)),
            entry("isprintable", allOrEmpty("isprintable", Characters::isPrintable)),
            entry("islower", whether("islower", StringQueries::isLower)),
            entry("isupper", whether("isupper", StringQueries::isUpper)),
            entry(
                    "istitle",
                    whether(
                            "istitle",
                            text -> hasCase(text)
                                    && Strings.title(Text.trusted(text)).chars().equals(text))),
            entry("isidentifier", whether("isidentifier", StringQueries::isIdentifier)));

    private StringQueries() {}

    private interface Question {
        boolean ask(String text);
    }

    private static Method whether(String name, Question question) {
        return (machine, self, arguments) -> {
            arguments.bind(machine, name, 0);
            return Value.of(question.ask(self.chars()));
        };
    }

    private static Method all(String name, IntPredicate condition) {
        return whether(name, text -> !text.isEmpty() && text.codePoints().allMatch(condition));
    }

    private static Method allOrEmpty(String name, IntPredicate condition) {
        return whether(name, text -> text.codePoints().allMatch(condition));
    }

    private static boolean isDigit(int codePoint) {
        return Character.isDigit(codePoint) || isSuperscriptOrCircled(codePoint);
    }

    /** Digits to Python though not decimal: superscripts, subscripts, circled digits. */
    private static boolean isSuperscriptOrCircled(int codePoint) {
        return codePoint == 0xB2
                || codePoint == 0xB3
                || codePoint == 0xB9
                || codePoint == 0x2070
                || (codePoint >= 0x2074 && codePoint <= 0x2079)
                || (codePoint >= 0x2080 && codePoint <= 0x2089)
                || (codePoint >= 0x2460 && codePoint <= 0x2468);
    }

    private static boolean isNumeric(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    private static boolean hasCase(String text) {
        return text.codePoints().anyMatch(Strings::isCased);
    }

    static boolean isLower(String text) {
        return hasCase(text) && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    static boolean isUpper(String text) {
        return hasCase(text) && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    private static boolean isIdentifier(String text) {
        return !text.isEmpty()
                && (text.codePointAt(0) == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(0)))
                && text.codePoints().allMatch(c -> c == '_' || Character.isUnicodeIdentifierPart(c));
    }

    /**
     * The part of a string that {@code start} and {@code end} leave, in code points; {@code from} beyond {@code to} if
     * nothing, not even "".
     */
    private record Window(int from, int to) {
        static Window of(Machine machine, Text text, Value start, Value end) {
            int length = text.length();
            int from = Numbers.optional(machine, start, 0);
            int to = Numbers.optional(machine, end, length);
            return new Window(from < 0 ? Math.max(0, from + length) : from, clampEnd(to, length));
        }

        private static int clampEnd(int to, int length) {
            return to < 0 ? Math.max(0, to + length) : Math.min(to, length);
        }

        boolean isGone() {
            return from > to;
        }

        String of(Text text) {
            return text.chars().substring(text.offset(from), text.offset(to));
        }
    }

    private static int find(Machine machine, Value.Str self, Arguments arguments, boolean last) {
        Value[] bound = arguments.bind(machine, "find", 1, "sub", "start", "end");
        String wanted = StringMethods.string(machine, bound[0]).chars();
        Window window = Window.of(machine, self.text(), bound[1], bound[2]);
        if (window.isGone()) {
            return -1;
        }
        String part = window.of(self.text());
        machine.chargeSearch(part, wanted);
        int found = last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
        return found < 0 ? -1 : window.from() + part.codePointCount(0, found);
    }

    private static Value index(Machine machine, Value.Str self, Arguments arguments, boolean last) {
        int found = find(machine, self, arguments, last);
        if (found < 0) {
            throw machine.error("substring not found");
        }
        return Value.of(found);
    }

    private static Value count(Machine machine, Value.Str self, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "count", 1, "sub", "start", "end");
        String wanted = StringMethods.string(machine, bound[0]).chars();
        Window window = Window.of(machine, self.text(), bound[1], bound[2]);
        if (window.isGone()) {
            return Value.of(0);
        }
        String part = window.of(self.text());
        if (wanted.isEmpty()) {
            return Value.of(part.codePointCount(0, part.length()) + 1L);
        }
        machine.chargeSearch(part, wanted);
        int count = 0;
        for (int at = part.indexOf(wanted); at >= 0; at = part.indexOf(wanted, at + wanted.length())) {
            count++;
        }
        return Value.of(count);
    }

    private static Value affix(
            Machine machine, Value.Str self, Arguments arguments, String name, BiPredicate<String, String> has) {
        Value[] bound = arguments.bind(machine, name, 1, "affix", "start", "end");
        List<Value> wanted = bound[0] instanceof Value.Tuple(List<Value> items, boolean _) ? items : List.of(bound[0]);
        Window window = Window.of(machine, self.text(), bound[1], bound[2]);
        boolean found = false;
        for (Value affix : wanted) {
            String chars = StringMethods.string(machine, affix).chars();
            found |= !window.isGone() && has.test(window.of(self.text()), chars);
        }
        return Value.of(found);
    }
}
