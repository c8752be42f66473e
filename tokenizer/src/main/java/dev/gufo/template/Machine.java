package dev.gufo.template;

import java.time.LocalDateTime;

/** One rendering's clock and budget: every evaluation, loop and text is counted here, and every failure gets its line here. */
final class Machine {
    private static final int CHARS_PER_STEP = 16;

    private final Limits limits;
    private final LocalDateTime now;
    private long steps;
    private int depth;
    private int line;

    Machine(Limits limits, LocalDateTime now) {
        this.limits = limits;
        this.now = now;
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
        if (steps > limits.steps()) {
            throw limit("evaluation takes more than %d steps".formatted(limits.steps()));
        }
    }

    /** To be called before a text of this many units is made or searched. */
    void chargeText(long units) {
        if (units > limits.textChars()) {
            throw limit("text is longer than %d characters".formatted(limits.textChars()));
        }
        charge(1 + units / CHARS_PER_STEP);
    }

    void checkOutput(int units) {
        if (units > limits.textChars()) {
            throw limit("text is longer than %d characters".formatted(limits.textChars()));
        }
    }

    void checkInteger(long bits) {
        if (bits > limits.integerBits()) {
            throw limit("integer is larger than %d bits".formatted(limits.integerBits()));
        }
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
