package dev.gufo.grammar;

import static java.util.Objects.requireNonNull;

/**
 * Going on with this text would cost more than {@link GrammarLimits} allow; the matcher that threw it throws it from
 * then on.
 */
public final class GrammarTooCostly extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GrammarTooCostly(String message) {
        super(message);
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
