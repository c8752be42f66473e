package dev.gufo.engine.llama;

/** A model or a context could not be made; the message is llama.cpp's last error, or says what to change. */
public final class LoadFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LoadFailed(String message) {
        super(message);
    }
}
