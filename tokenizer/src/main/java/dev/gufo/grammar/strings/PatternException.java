package dev.gufo.grammar.strings;

import static java.util.Objects.requireNonNull;

/** A regular expression that is malformed, not supported or too large; the message completes "'pattern' at ...". */
public final class PatternException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PatternException(String message) {
        super(message);
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
