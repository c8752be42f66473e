package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How strings stand between marks where other JSON may stand too: as they are, unless that would be read as something else. Such a string is
 * written as JSON, in quotes. Whoever writes a value and whoever reads it go by this class, so that every string has a text that is read as
 * that string:
 *
 * <ul>
 *   <li>A text that is JSON of another type that may stand here is that JSON.
 *   <li>Otherwise, a text that is exactly {@link #quoted} of a string that {@link #needsQuotes} is that string.
 *   <li>Any other text is the string itself, quotes and all.
 * </ul>
 *
 * Immutable.
 */
public final class BareText {
    private static final String SPACE = "[ \\t\\n\\r]*";
    private static final String NUMBER = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+\\-]?[0-9]+)?";
    /** What {@link #quoted} makes of the beginning of a closing mark, and what it makes of that again. */
    private static final String ESCAPED_MARK = "\\\\u003c\\\\+u002f";

    private static final String COARSE_ESCAPED_MARK = "\\\\u003c\\\\";

    private final String end;
    private final Set<ValueType> types;
    private final String marks;
    private final String others;
    private final Pattern ambiguous;

    /**
     * The texts of one value.
     *
     * @param end the mark behind the value
     * @param next what may follow that mark, whitespace in between; where none of these follows, the mark is part of the value
     * @param types what may stand here
     */
    public BareText(String end, List<String> next, Set<ValueType> types) {
        this.end = end;
        this.types = types.isEmpty() ? EnumSet.allOf(ValueType.class) : EnumSet.copyOf(types);
        String follows = next.stream().map(BareText::literal).collect(Collectors.joining("|", "(", ")"));
        this.marks = literal(end) + SPACE + follows + "|" + ESCAPED_MARK;
        this.others = readAsOthers(this.types);
        this.ambiguous = Pattern.compile(others.isEmpty() ? marks : others + "|" + marks);
    }

    private static String literal(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            boolean plain = c >= 0x80 || Character.isLetterOrDigit(c) || c == ' ';
            escaped.append(plain ? "" : "\\").appendCodePoint(c);
        });
        return escaped.toString();
    }

    /** A pattern of the strings that would be read as other JSON, or as another string in quotes; {@code ""} if only strings stand here. */
    private static String readAsOthers(Set<ValueType> types) {
        if (types.equals(EnumSet.of(ValueType.STRING))) {
            return "";
        }
        List<String> words = new ArrayList<>();
        if (types.contains(ValueType.NUMBER)) {
            words.add(NUMBER);
        }
        if (types.contains(ValueType.BOOLEAN)) {
            words.add("true|false");
        }
        if (types.contains(ValueType.NULL)) {
            words.add("null");
        }
        List<String> ways = new ArrayList<>(List.of("^\""));
        if (!words.isEmpty()) {
            ways.add("^" + SPACE + "(" + String.join("|", words) + ")" + SPACE + "$");
        }
        if (types.contains(ValueType.ARRAY)) {
            ways.add("^" + SPACE + "\\[");
        }
        if (types.contains(ValueType.OBJECT)) {
            ways.add("^" + SPACE + "\\{");
        }
        return String.join("|", ways);
    }

    /** What may stand here; never empty. */
    public Set<ValueType> types() {
        return types;
    }

    /** Whether a string can't stand as it is, because it would be read as something else. */
    public boolean needsQuotes(String string) {
        return ambiguous.matcher(string).find();
    }

    /** The text of a string: itself, or in quotes if it {@link #needsQuotes}. */
    public String written(String string) {
        return needsQuotes(string) ? quoted(string) : string;
    }

    /** A string as JSON, without the beginning of a closing mark in it. */
    public String quoted(String string) {
        return JsonValues.quoted(string).replace("</", "\\u003c\\u002f");
    }

    String end() {
        return end;
    }

    /** Whether anything but strings may stand here. */
    boolean isMixed() {
        return !others.isEmpty();
    }

    /** A pattern of the strings that {@link #needsQuotes}. */
    String ambiguous() {
        return ambiguous.pattern();
    }

    /** The same and some more, with fewer states. */
    String coarselyAmbiguous() {
        String coarse = literal(end.substring(0, Math.min(2, end.length()))) + "|" + COARSE_ESCAPED_MARK;
        return others.isEmpty() ? coarse : others + "|" + coarse;
    }

    /** A pattern of the strings that need quotes for what they would be read as; not for {@code ""}. */
    String others() {
        return others;
    }
}
