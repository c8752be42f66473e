package dev.gufo.server.boot;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.secrets.Masked;

/**
 * What the operator asked for can't be meant; the message is one sentence for the terminal, and the exit status is 2.
 */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(Masked.text(message));
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
