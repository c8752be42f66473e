package dev.gufo.server.error;

import java.io.IOException;

/**
 * A body did not come in time. No {@link java.util.concurrent.TimeoutException}: Javalin answers that by itself, with
 * nothing.
 */
public final class SlowBody extends IOException {
    private static final long serialVersionUID = 1L;

    public SlowBody(String message) {
        super(message);
    }
}
