package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a context knew of a sequence when it was saved, in main memory. May be made on one thread and closed on another;
 * used by one at a time.
 */
public final class SequenceState implements AutoCloseable {
    /** How much of it there is. */
    public enum Part {
        /** Everything: it can be restored into an empty sequence. */
        WHOLE(0),

        /**
         * Only what can't be cut to an earlier position: the states of recurrent layers. The keys and values of the
         * other layers up to there must still be in the sequence that it is restored into.
         */
        UNCUTTABLE(1); // LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY, llama.h

        final int flags;

        Part(int flags) {
            this.flags = flags;
        }
    }

    private final Arena arena = Arena.ofShared();
    private final Part part;
    private final MemorySegment data;

    SequenceState(Part part, long bytes) {
        this.part = part;
        this.data = arena.allocate(Math.max(1, bytes), Long.BYTES);
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

    @Override
    public void close() {
        arena.close();
    }
}
