package dev.gufo.server.limits;

import dev.gufo.server.secrets.Masked;

/** The counters can't be reached. */
public final class CountersUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CountersUnavailable(Throwable cause) {
        super(Masked.message(cause), cause);
    }
}
