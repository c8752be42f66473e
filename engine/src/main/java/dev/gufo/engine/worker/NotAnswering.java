package dev.gufo.engine.worker;

import java.io.IOException;

/** A worker has given no sign of life for too long. */
final class NotAnswering extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param message a clause about the worker, for instance {@code it has sent nothing for 10 s} */
    NotAnswering(String message) {
        super(message);
    }
}
