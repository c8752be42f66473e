package dev.gufo.grammar.schema;

import dev.gufo.grammar.GrammarLimits;

/**
 * How much one schema may take; more is refused with {@link UnsupportedSchema}. What a schema allows beyond the last
 * five is valid but never written: a grammar may allow less than its schema.
 *
 * @param nodes objects, arrays and plain values in the schema together
 * @param depth nesting of objects and arrays in the schema, and of schemas that apply to the same value ({@code $ref},
 *     {@code allOf}, ...)
 * @param textChars characters of all strings in the schema together
 * @param effort elementary steps of compiling; one takes some ten nanoseconds
 * @param alternatives ways to satisfy all of {@code anyOf}, {@code oneOf} and types that apply to one value
 * @param enumValues values of one {@code enum}
 * @param patternStates states of one string's automaton, all its patterns, formats and lengths together
 * @param rules rules of the grammar
 * @param states places between two characters in the grammar, counted repetitions written out
 * @param grammarChars length of the grammar's text
 * @param repetitions longest counted repetition: lengths of strings and arrays; a larger upper bound is lowered to it
 * @param integerDigits digits of an integer, unless its bounds have more
 * @param numberDigits digits of a number before its point, and after it, unless its bounds have more
 */
record SchemaLimits(
        int nodes,
        int depth,
        int textChars,
        long effort,
        int alternatives,
        int enumValues,
        int patternStates,
        int rules,
        int states,
        int grammarChars,
        int repetitions,
        int integerDigits,
        int numberDigits) {
    /**
     * Fits {@link GrammarLimits#DEFAULT}. Numbers of 15 digits are told apart by a double, and 18 digits fit a long.
     */
    static final SchemaLimits DEFAULT = new SchemaLimits(
            10_000, 64, 1 << 19, 10_000_000, 1_000, 10_000, 2_000, 8_000, 80_000, 900_000, 10_000, 18, 15);
}
