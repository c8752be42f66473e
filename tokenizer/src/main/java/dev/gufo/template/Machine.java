package dev.gufo.template;

import java.time.LocalDateTime;

/**
 * One rendering's clock and budget: every evaluation, loop and text is counted here, and every failure gets its line
 * here.
 */
final class Machine {
    private static final int CHARS_PER_STEP = 8;
    private static final int STEPS_PER_INPUT_CHAR = 8;
    private static final int BITS_PER_STEP = 8;
    private static final int COMPARISONS_PER_STEP = 1_024;

    private final TemplateLimits limits;
    private final LocalDateTime now;
    private long budget;
    private long steps;
    private int depth;
    private int line;

    Machine(TemplateLimits limits, LocalDateTime now) {
        this.limits = limits;
        this.now = now;
        this.budget = limits.steps();
    }

    LocalDateTime now() {
        return now;
    }

    void at(int line) {
        this.line = line;
    }

    /** Begins one level of recursion. There is no way back from a failure, so {@link #leave} need not run after one. */
    void enter() {
        if (++depth > limits.depth()) {
            throw limit("evaluation is nested deeper than %d".formatted(limits.depth()));
        }
        charge(1);
    }

    void leave() {
        depth--;
    }

    void charge(long work) {
        steps += work;
        if (steps > budget) {
            throw limit("evaluation takes more than %d steps".formatted(budget));
        }
    }

    /** Longer input may take more steps: every pass over it is counted. */
    void grant(int inputUnits) {
        budget += (long) STEPS_PER_INPUT_CHAR * inputUnits;
    }

    /** To be called before a text of this many units is made or searched. */
    void chargeText(long units) {
        if (units > limits.textChars()) {
            throw limit("text is longer than %d characters".formatted(limits.textChars()));
        }
        charge(1 + units / CHARS_PER_STEP);
    }

    /**
     * To be called before a text is searched for another: in the worst case every character is compared with every
     * other.
     */
    void chargeSearch(String text, String wanted) {
        charge(1 + text.length() / 64 + (long) text.length() * wanted.length() / COMPARISONS_PER_STEP);
    }

    void checkOutput(int units) {
        if (units > limits.textChars()) {
            throw limit("text is longer than %d characters".formatted(limits.textChars()));
        }
    }

    /** To be called before code points of a text are counted off, which is a walk unless each is one unit. */
    void chargeIndexing(Text text) {
        charge(text.length() == text.units() ? 1 : 1 + text.units() / CHARS_PER_STEP);
    }

    /** To be called before an integer of so many bits is made or printed. */
    void chargeInteger(long bits) {
        if (bits > limits.integerBits()) {
            throw limit("integer is larger than %d bits".formatted(limits.integerBits()));
        }
        charge(1 + bits / BITS_PER_STEP);
    }

    TemplateException error(String message) {
        return new TemplateException(TemplateException.Kind.RUNTIME, message, line);
    }

    TemplateException raised(String message) {
        return new TemplateException(TemplateException.Kind.RAISED, message, line);
    }

    TemplateException limit(String message) {
        return new TemplateException(TemplateException.Kind.LIMIT, message, line);
    }
}
