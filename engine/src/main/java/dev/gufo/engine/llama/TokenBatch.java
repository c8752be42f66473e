package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct llama_batch}: the tokens of one decode, each with its sequence and position. Belongs to the thread of
 * the context it was made for; reused from step to step.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_batch, llama.h of llama.cpp
 *     0.5.0</a>
 */
public final class TokenBatch implements AutoCloseable {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    C.INT.withName("n_tokens"),
                    MemoryLayout.paddingLayout(4),
                    C.POINTER.withName("token"),
                    C.POINTER.withName("embd"),
                    C.POINTER.withName("pos"),
                    C.POINTER.withName("n_seq_id"),
                    C.POINTER.withName("seq_id"),
                    C.POINTER.withName("logits"))
            .withName("llama_batch");

    private final Arena arena = Arena.ofConfined();
    private final int capacity;
    private final int vocabularySize;
    private final MemorySegment struct;
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment sequences;
    private final MemorySegment outputs;
    private int size;

    TokenBatch(int capacity, int vocabularySize) {
        this.capacity = capacity;
        this.vocabularySize = vocabularySize;
        struct = arena.allocate(LAYOUT);
        tokens = arena.allocate(C.INT, capacity);
        positions = arena.allocate(C.INT, capacity);
        sequences = arena.allocate(C.INT, capacity);
        outputs = arena.allocate(C.CHAR, capacity);
        MemorySegment sequenceCounts = arena.allocate(C.INT, capacity);
        MemorySegment sequencePointers = arena.allocate(C.POINTER, capacity);
        for (int i = 0; i < capacity; i++) {
            sequenceCounts.setAtIndex(C.INT, i, 1);
            sequencePointers.setAtIndex(C.POINTER, i, sequences.asSlice(i * C.INT.byteSize(), C.INT));
        }
        struct.set(C.POINTER, 8, tokens);
        struct.set(C.POINTER, 16, MemorySegment.NULL);
        struct.set(C.POINTER, 24, positions);
        struct.set(C.POINTER, 32, sequenceCounts);
        struct.set(C.POINTER, 40, sequencePointers);
        struct.set(C.POINTER, 48, outputs);
    }

    /**
     * Appends a token.
     *
     * @param token id in [0, vocabulary size)
     * @param position in the sequence, the one after the last that was decoded or added
     * @param sequence in [0, sequences)
     * @param output whether its logits are wanted
     * @return its index, which names its logits after the decode
     */
    public int add(int token, int position, int sequence, boolean output) {
        if (token < 0 || token >= vocabularySize) {
            throw new AssertionError("token %d is not in a vocabulary of %d".formatted(token, vocabularySize));
        }
        if (size == capacity) {
            throw new AssertionError("a batch holds at most %d tokens".formatted(capacity));
        }
        tokens.setAtIndex(C.INT, size, token);
        positions.setAtIndex(C.INT, size, position);
        sequences.setAtIndex(C.INT, size, sequence);
        outputs.set(C.CHAR, size, (byte) (output ? 1 : 0));
        return size++;
    }

    /**
     * Has the next decode take a hidden state with each token, in the order of both; in a context that predicts ahead.
     *
     * @param rows as many as there are tokens in the batch then, or more
     */
    public void pairWith(HiddenRows rows) {
        struct.set(C.POINTER, 16, rows.data());
    }

    /** Tokens in it. */
    public int size() {
        return size;
    }

    /** The sequence of the token at {@code index}. */
    public int sequence(int index) {
        return sequences.getAtIndex(C.INT, index);
    }

    /** Tokens that still fit. */
    public int room() {
        return capacity - size;
    }

    /** Empties it. */
    public void clear() {
        size = 0;
    }

    MemorySegment struct() {
        struct.set(C.INT, 0, size);
        return struct;
    }

    @Override
    public void close() {
        arena.close();
    }
}
