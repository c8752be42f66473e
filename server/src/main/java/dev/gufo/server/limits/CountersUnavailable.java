package dev.gufo.server.limits;

/** The counters can't be reached. */
public final class CountersUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CountersUnavailable(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
