package dev.gufo.engine.batch;

import java.io.IOException;

/** A file does not hold what was written into it, or is none of this model. */
final class DamagedState extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedState(String message) {
        super(message);
    }
}
