package dev.gufo.engine;

import java.util.List;
import java.util.Objects;

/**
 * Texts to make vectors of. Checked here once; engines rely on it.
 *
 * @param inputs at least one; each with at least one token id, at most {@link #MAX_TOKENS} in all; that ids are in the
 *     vocabulary and inputs not longer than the window is checked by the engine
 * @param owner whom it belongs to, for taking turns
 * @param resent whether a worker was lost with it: it has its place in the queue already
 */
public record EmbeddingRequest(List<int[]> inputs, Owner owner, boolean resent) {
    /** Most tokens of a request: what two processes can pass to each other at once, with room. */
    public static final int MAX_TOKENS = 4 << 20;

    /** Of no owner in particular. */
    public EmbeddingRequest(List<int[]> inputs) {
        this(inputs, Owner.ANYONE);
    }

    /** That no worker has had yet. */
    public EmbeddingRequest(List<int[]> inputs, Owner owner) {
        this(inputs, owner, false);
    }

    /** The same for the worker that comes after one that was lost. */
    public EmbeddingRequest again() {
        return new EmbeddingRequest(inputs, owner, true);
    }

    public EmbeddingRequest {
        Objects.requireNonNull(owner);
        inputs = List.copyOf(inputs);
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one input");
        }
        long tokens = 0;
        for (int[] input : inputs) {
            if (input.length == 0) {
                throw new IllegalArgumentException("an input must hold at least one token");
            }
            tokens += input.length;
        }
        if (tokens > MAX_TOKENS) {
            throw new IllegalArgumentException(
                    "inputs must hold at most %d tokens, they hold %d".formatted(MAX_TOKENS, tokens));
        }
    }

    /** Tokens of all inputs. */
    public int tokens() {
        return inputs.stream().mapToInt(input -> input.length).sum();
    }
}
