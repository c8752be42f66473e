package dev.gufo.grammar;

/** The steps that are left for compiling one schema. */
final class Effort {
    /** Nothing is left; whoever knows the place in the schema turns it into {@link UnsupportedSchema}. */
    static final class Exhausted extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Exhausted() {
            super("too much work", null, false, false);
        }
    }

    private long left;

    Effort(long steps) {
        this.left = steps;
    }

    void spend(long steps) {
        left -= steps;
        if (left < 0) {
            throw new Exhausted();
        }
    }
}
