package dev.gufo.engine.llama;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a context knew of a sequence when it was saved, in main memory. It does not change, so several threads may read
 * it. Each that holds it closes it once, on any thread; the last one frees it.
 */
public final class SequenceState implements AutoCloseable {
    /** How much of it there is. */
    public enum Part {
        /** Everything: it can be restored into an empty sequence. */
        WHOLE(0),

        /**
         * Only what can't be cut to an earlier position: the states of recurrent layers, and what layers with a sliding
         * window have of it. The keys and values of the other layers up to there must still be in the sequence that it
         * is restored into.
         */
        UNCUTTABLE(1); // LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY, llama.h

        final int flags;

        Part(int flags) {
            this.flags = flags;
        }
    }

    /** Takes bytes, or gives them. */
    public interface Transfer {
        /** All between position and limit. */
        void move(ByteBuffer piece) throws IOException;
    }

    private static final int PIECE_BYTES = 8 << 20;

    private final AtomicInteger holders = new AtomicInteger(1);
    private final Arena arena = Arena.ofShared();
    private final Part part;
    private final MemorySegment data;

    SequenceState(Part part, long bytes) {
        this.part = part;
        this.data = StateMemory.allocate(bytes, arena);
    }

    Part part() {
        return part;
    }

    MemorySegment data() {
        return data;
    }

    /** What it takes of main memory. */
    public long bytes() {
        return data.byteSize();
    }

    /** One more holds it; the caller holds it already. */
    public SequenceState share() {
        if (holders.getAndIncrement() < 1) {
            throw new AssertionError("a state that was freed can't be shared");
        }
        return this;
    }

    /** Gives all bytes away, piece by piece. */
    public void writeTo(Transfer to) throws IOException {
        MemorySegment readOnly = data.asReadOnly();
        for (long at = 0; at < bytes(); at += PIECE_BYTES) {
            to.move(readOnly.asSlice(at, Math.min(PIECE_BYTES, bytes() - at)).asByteBuffer());
        }
    }

    /**
     * A state whose bytes were written before, by a context of an equal model with equal settings: llama.cpp relies on
     * that.
     */
    public static SequenceState readFrom(Part part, long bytes, Transfer from) throws IOException {
        SequenceState state = new SequenceState(part, bytes);
        try {
            for (long at = 0; at < state.bytes(); at += PIECE_BYTES) {
                from.move(state.data
                        .asSlice(at, Math.min(PIECE_BYTES, state.bytes() - at))
                        .asByteBuffer());
            }
        } catch (IOException | RuntimeException | Error e) {
            state.close();
            throw e;
        }
        return state;
    }

    @Override
    public void close() {
        if (holders.decrementAndGet() == 0) {
            arena.close();
        }
    }
}
