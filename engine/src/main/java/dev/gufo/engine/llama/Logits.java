package dev.gufo.engine.llama;

import java.lang.foreign.MemorySegment;

/** The logits of one position, which llama.cpp keeps until the next decode. Until then any thread may read them. */
public final class Logits {
    private final MemorySegment row;

    /** @param row a {@code float} for each token of the vocabulary */
    Logits(MemorySegment row) {
        this.row = row;
    }

    MemorySegment row() {
        return row;
    }
}
