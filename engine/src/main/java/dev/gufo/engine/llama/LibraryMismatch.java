package dev.gufo.engine.llama;

/**
 * The libraries found are not the llama.cpp release that this package was written for; none of their functions is
 * called.
 */
public final class LibraryMismatch extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LibraryMismatch(String message) {
        super(message);
    }
}
