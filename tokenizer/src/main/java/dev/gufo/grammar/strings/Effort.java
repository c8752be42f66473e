package dev.gufo.grammar.strings;

/** The steps that are left for compiling one schema. */
public final class Effort {
    /** Nothing is left; the caller knows the place in the schema and turns it into a refusal. */
    public static final class Exhausted extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Exhausted() {
            super("too much work", null, false, false);
        }
    }

    private long left;

    public Effort(long steps) {
        this.left = steps;
    }

    public void spend(long steps) {
        left -= steps;
        if (left < 0) {
            throw new Exhausted();
        }
    }
}
