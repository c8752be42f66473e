package dev.gufo.grammar;

/**
 * A grammar that cannot be read, that is too large, or that matches no text at all. The message names the line or the
 * rule.
 */
public final class GrammarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GrammarException(String message) {
        super(message);
    }

    GrammarException(int line, String message) {
        this("grammar line %d: %s".formatted(line, message));
    }
}
