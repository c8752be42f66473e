package dev.gufo.engine;

/**
 * Checks numbers that native code relies on. A class of its own, so that records nested in each other can be
 * initialised in any order.
 */
final class Range {
    private Range() {}

    /** @throws IllegalArgumentException if the value is out of range or NaN */
    static void require(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) { // NaN is in no range
            throw new IllegalArgumentException("%s must be %s to %s, is %s".formatted(name, least, most, value));
        }
    }
}
