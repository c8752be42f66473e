package dev.gufo.server.cli;

/** What was asked for can't be done now; the message is one sentence with the remedy, and the exit status is 1. */
final class StartFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StartFailed(String message) {
        super(message);
    }
}
