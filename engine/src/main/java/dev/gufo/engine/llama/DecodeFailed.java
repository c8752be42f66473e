package dev.gufo.engine.llama;

/** llama.cpp gave up on a batch; the context it happened in must be closed. */
public sealed class DecodeFailed extends RuntimeException permits NonFinite {
    private static final long serialVersionUID = 1L;

    DecodeFailed(String message) {
        super(message);
    }
}
