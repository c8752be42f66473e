package dev.gufo.server.policy;

/** Content could not be checked. The message is for the log, and names no content. */
final class PolicyFailure extends Exception {
    private static final long serialVersionUID = 1L;

    PolicyFailure(String message) {
        super(message);
    }

    PolicyFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
