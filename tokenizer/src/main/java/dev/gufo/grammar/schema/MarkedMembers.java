package dev.gufo.grammar.schema;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a model writes an object whose members stand one by one between marks: strings as {@link BareText} has it,
 * everything else as JSON.
 *
 * @param before mark before a member's name
 * @param nameEnd mark between the name and its value
 * @param values further marks before a value
 * @param valueEnd mark behind a value
 * @param lines whether a value stands on lines of its own
 * @param next marks that may follow a value's end, whitespace in between
 * @param types what a member's text may be read as
 * @param quoting how strings are written that can't stand as they are
 */
public record MarkedMembers(
        String before,
        String nameEnd,
        Values values,
        String valueEnd,
        boolean lines,
        List<String> next,
        Types types,
        BareText.Quoting quoting) {
    /** Most characters of a name. */
    public static final int LONGEST_NAME = 256;

    /**
     * Marks before a value, behind the name's end and perhaps whitespace.
     *
     * @param string before strings; {@code ""} if there is none
     * @param other before all other values; where it is not the same, strings and they can't be taken for each other
     */
    public record Values(String string, String other) {
        public static final Values NONE = new Values("", "");

        /** Whether the marks tell strings apart from other values. */
        boolean tellStrings() {
            return !string.equals(other);
        }
    }

    /** What the texts of members may be read as. */
    @FunctionalInterface
    public interface Types {
        /** The types of the member {@code name}, or if that is empty of all members that the schema does not list. */
        Set<ValueType> of(Optional<String> name);
    }

    public MarkedMembers {
        next = List.copyOf(next);
    }

    /** How a string is written as the member {@code name}, or if that is empty as one that the schema does not list. */
    public BareText text(Optional<String> name) {
        Set<ValueType> read = values.tellStrings() ? Set.of(ValueType.STRING) : types.of(name);
        return new BareText(valueEnd, next, read, quoting);
    }

    /** Whether a member of this name can be written and is read as that name. */
    boolean canName(String name) {
        return name.length() <= LONGEST_NAME && name.equals(name.strip()) && !name.contains(nameEnd);
    }
}
