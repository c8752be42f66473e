package dev.gufo.engine;

import java.util.Objects;

/**
 * What a request has got already from a worker that was lost while it ran. The answer goes on behind it as if it had
 * been computed in one go: these tokens count as answer, for its length, for penalties, for the grammar and for the
 * draws of the seed. They are not told again.
 *
 * @param tokens ids in [0, vocabulary size), in their order; empty if none had come
 */
public record Resumed(int[] tokens) {
    /** With none. */
    public static final Resumed FROM_THE_START = new Resumed(new int[0]);

    public Resumed {
        Objects.requireNonNull(tokens);
    }
}
