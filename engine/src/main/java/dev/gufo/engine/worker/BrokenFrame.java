package dev.gufo.engine.worker;

import java.io.IOException;

/** Bytes that are no frame. The two processes are the same build, so the connection is of no use any more. */
final class BrokenFrame extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenFrame(String message) {
        super(message);
    }

    BrokenFrame(String message, Throwable cause) {
        super(message, cause);
    }
}
