package dev.gufo.grammar;

/** A regular expression that is malformed, not supported or too large; the message completes "'pattern' at ...". */
final class PatternException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PatternException(String message) {
        super(message);
    }
}
