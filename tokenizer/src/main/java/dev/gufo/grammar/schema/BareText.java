package dev.gufo.grammar.schema;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How strings stand between marks where other JSON may stand too: as they are, unless that would be read as something
 * else. Such a string is written as JSON, in quotes. The writer of a value and its reader both go by this class, so
 * that every string has a text that is read as that string:
 *
 * <ul>
 *   <li>A text that is JSON of another type that may stand here is that JSON.
 *   <li>Otherwise, a text that is exactly {@link #quoted} of a string that {@link #needsQuotes} is that string.
 *   <li>Any other text is the string itself, quotes and all.
 * </ul>
 *
 * <p>Where strings are quoted as CDATA sections, a text that is a section is the string in it, and no text in quotes is
 * anything but itself.
 *
 * <p>Immutable.
 */
public final class BareText {
    private static final String SPACE = "[ \\t\\n\\r]*";
    private static final String NUMBER = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+\\-]?[0-9]+)?";
    /** What {@link #quoted} makes of the beginning of a closing mark, and what it makes of that again. */
    private static final String ESCAPED_MARK = "\\\\u003c\\\\+u002f";

    private static final String COARSE_ESCAPED_MARK = "\\\\u003c\\\\";
    private static final String CDATA_END = "]]>";
    /**
     * The end of a CDATA section within one, as XML has it: the section ends between its characters, and another goes
     * on.
     */
    private static final String CDATA_END_INSIDE = "]]]]><![CDATA[>";

    /** What stands before a string that is {@link Quoting#CDATA}. */
    public static final String CDATA = "<![CDATA[";

    /** How a string is written that can't stand as it is. */
    public enum Quoting {
        /** As JSON, in quotes. */
        JSON,
        /** Not at all: no string holds the closing mark. */
        NONE,
        /** As a CDATA section of XML; strings with {@code <}, {@code &} or a line break are written so too. */
        CDATA
    }

    private final String end;
    private final Set<ValueType> types;
    private final Quoting quoting;
    private final String marks;
    private final String others;
    private final Pattern ambiguous;

    /**
     * The texts of one value.
     *
     * @param end the mark behind the value
     * @param next what may follow that mark, whitespace in between; where none of these follows, the mark is part of
     *     the value
     * @param types what may stand here
     * @param quoting how strings are written that can't stand as they are
     */
    public BareText(String end, List<String> next, Set<ValueType> types, Quoting quoting) {
        this.end = end;
        this.quoting = quoting;
        this.types = types.isEmpty() ? EnumSet.allOf(ValueType.class) : EnumSet.copyOf(types);
        String follows = next.stream().map(BareText::literal).collect(Collectors.joining("|", "(", ")"));
        this.marks = switch (quoting) {
            case NONE -> literal(end);
            case CDATA -> literal(end) + SPACE + follows + "|^" + literal(CDATA);
            case JSON -> literal(end) + SPACE + follows + "|" + ESCAPED_MARK;
        };
        this.others = readAsOthers(this.types, quoting);
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

    /**
     * A pattern of the strings that would be read as other JSON, or as another string in quotes; {@code ""} if only
     * strings stand here.
     */
    private static String readAsOthers(Set<ValueType> types, Quoting quoting) {
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
        List<String> ways = new ArrayList<>(quoting == Quoting.JSON ? List.of("^\"") : List.of());
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
        boolean quoted = needsQuotes(string) || (isInSections() && string.matches("(?s).*[<&\n].*"));
        return quoted ? quoted(string) : string;
    }

    /** A string as JSON, without the beginning of a closing mark in it, or as a section. */
    public String quoted(String string) {
        return isInSections()
                ? CDATA + string.replace(CDATA_END, CDATA_END_INSIDE) + CDATA_END
                : JsonValues.quoted(string).replace("</", "\\u003c\\u002f");
    }

    /** The string of a text that is a section; empty if it is none. */
    public Optional<String> inSection(String text) {
        String section = text.stripTrailing();
        return isInSections() && section.startsWith(CDATA) && section.endsWith(CDATA_END)
                ? Optional.of(section.substring(CDATA.length(), section.length() - CDATA_END.length())
                        .replace(CDATA_END_INSIDE, CDATA_END))
                : Optional.empty();
    }

    /** Whether strings that can't stand as they are stand in sections. */
    public boolean isInSections() {
        return quoting == Quoting.CDATA;
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
        String coarse = literal(end.substring(0, Math.min(2, end.length()))) + "|"
                + (isInSections() ? "^<!" : COARSE_ESCAPED_MARK);
        return others.isEmpty() ? coarse : others + "|" + coarse;
    }

    /** A pattern of the strings that need quotes for what they would be read as; not for {@code ""}. */
    String others() {
        return others;
    }
}
