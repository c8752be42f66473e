package dev.gufo.gguf;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/** A file is no GGUF file, is damaged, or goes beyond a limit; the message names the file, the field and the limit. */
public final class GgufException extends IOException {
    private static final long serialVersionUID = 1L;

    public GgufException(String message) {
        super(message);
    }

    public GgufException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
