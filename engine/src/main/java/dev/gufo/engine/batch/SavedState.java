package dev.gufo.engine.batch;

import dev.gufo.engine.llama.SequenceState;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A state on its way to or from the disk, with what is known of it. Holds its parts until it is closed; goes from
 * thread to thread, one at a time.
 *
 * @param tokens that it is of; not to be changed
 * @param promptLength tokens of the prompt that it was computed for
 * @param whole all of it
 * @param checkpoints by their positions, of a model whose states can't be cut only
 */
record SavedState(int[] tokens, int promptLength, SequenceState whole, NavigableMap<Integer, SequenceState> checkpoints)
        implements AutoCloseable {
    SavedState {
        checkpoints = Collections.unmodifiableNavigableMap(new TreeMap<>(checkpoints));
    }

    /** What it takes of main memory. */
    long bytes() {
        return whole.bytes()
                + checkpoints.values().stream().mapToLong(SequenceState::bytes).sum();
    }

    /** The same, held once more. */
    SavedState share() {
        whole.share();
        checkpoints.values().forEach(SequenceState::share);
        return this;
    }

    @Override
    public void close() {
        whole.close();
        checkpoints.values().forEach(SequenceState::close);
    }
}
