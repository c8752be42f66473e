package dev.gufo.store.pull;

import java.io.IOException;
import java.time.Duration;

/** Something went wrong that may go right in a moment. */
final class Hiccup extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration atLeast;

    /** @param atLeast how long the server asks to wait; zero if it does not say */
    Hiccup(String message, Duration atLeast) {
        super(message);
        this.atLeast = atLeast;
    }

    Duration atLeast() {
        return atLeast;
    }
}
