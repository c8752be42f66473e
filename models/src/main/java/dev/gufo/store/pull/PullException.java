package dev.gufo.store.pull;

import java.io.IOException;

/** A download that can't be done; the message is one sentence for the operator. */
public class PullException extends IOException {
    private static final long serialVersionUID = 1L;

    PullException(String message) {
        super(message);
    }

    PullException(String message, Throwable cause) {
        super(message, cause);
    }
}
