package dev.gufo.template;

/**
 * The values that need to exist but once. Not in {@link Value}, whose initialization would wait for that of its own
 * subtypes.
 */
final class Values {
    static final Value.None NONE = new Value.None();
    static final Value.Bool TRUE = new Value.Bool(true);
    static final Value.Bool FALSE = new Value.Bool(false);
    static final Value.Str EMPTY = new Value.Str(Text.EMPTY, false);

    private Values() {}
}
