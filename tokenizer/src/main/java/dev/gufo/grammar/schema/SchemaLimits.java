package dev.gufo.grammar.schema;

import dev.gufo.grammar.GrammarLimits;

/**
 * How much one schema may take; more is refused with {@link UnsupportedSchema}.
 *
 * @param input what the schema itself may be
 * @param work what it may take to compile
 * @param output what the grammar may be
 * @param written what answers are kept to: a grammar may allow less than its schema
 */
record SchemaLimits(Input input, Work work, Output output, Written written) {
    /**
     * Fits {@link GrammarLimits#DEFAULT}. Numbers of 15 digits are told apart by a double, and 18 digits fit a long.
     */
    static final SchemaLimits DEFAULT = new SchemaLimits(
            new Input(10_000, 64, 1 << 19),
            new Work(10_000_000, 1_000, 10_000, 2_000),
            new Output(8_000, 80_000, 900_000),
            new Written(10_000, 18, 15));

    /**
     * Of the schema.
     *
     * @param nodes objects, arrays and plain values together
     * @param depth nesting of objects and arrays, and of schemas that apply to the same value ({@code $ref},
     *     {@code allOf}, ...)
     * @param textChars characters of all strings together
     */
    record Input(int nodes, int depth, int textChars) {}

    /**
     * Of compiling it.
     *
     * @param effort elementary steps; one takes some ten nanoseconds
     * @param alternatives ways to satisfy all of {@code anyOf}, {@code oneOf} and types that apply to one value
     * @param enumValues values of one {@code enum}
     * @param patternStates states of one string's automaton, all its patterns, formats and lengths together
     */
    record Work(long effort, int alternatives, int enumValues, int patternStates) {}

    /**
     * Of the grammar.
     *
     * @param rules rules
     * @param states places between two characters, counted repetitions written out
     * @param chars length of its text
     */
    record Output(int rules, int states, int chars) {}

    /**
     * Of answers: what a schema allows beyond these is valid but never written.
     *
     * @param repetitions longest counted repetition: lengths of strings and arrays; a larger upper bound is lowered to
     *     it
     * @param integerDigits digits of an integer, unless its bounds have more
     * @param numberDigits digits of a number before its point, and after it, unless its bounds have more
     */
    record Written(int repetitions, int integerDigits, int numberDigits) {}
}
