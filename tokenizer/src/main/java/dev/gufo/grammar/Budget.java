package dev.gufo.grammar;

/** The elementary steps that one call of a matcher may still take. */
final class Budget {
    private int left;

    Budget(int steps) {
        this.left = steps;
    }

    void spend() {
        if (--left < 0) {
            throw new GrammarTooCostly("matching the grammar takes too many steps at this place of the text");
        }
    }
}
