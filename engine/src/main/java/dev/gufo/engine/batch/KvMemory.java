package dev.gufo.engine.batch;

import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.SequenceState;
import java.util.Optional;

/**
 * The KV memory of a context. Where all sequences take cells of one pool, it counts which are taken; where each has
 * cells of its own there is nothing to count.
 *
 * <p>Belongs to the engine thread.
 */
final class KvMemory {
    private final LlamaContext context;
    private final Optional<KvCells> pool;

    /** @param pool of the same sequences; empty if each has cells of its own */
    KvMemory(LlamaContext context, Optional<KvCells> pool) {
        this.context = context;
        this.pool = pool;
    }

    /** The pool's cells, where there is one. */
    Optional<KvCells> pool() {
        return pool;
    }

    /** {@link LlamaContext#forget}. */
    boolean forget(int sequence, int from) {
        if (!context.forget(sequence, from)) {
            return false;
        }
        pool.ifPresent(cells -> cells.cut(sequence, from));
        return true;
    }

    /** {@link LlamaContext#firstPosition}. */
    int firstHeld(int sequence) {
        return context.firstPosition(sequence);
    }

    /** {@link LlamaContext#copy}, in place of what the target has. */
    void copy(int source, int target) {
        forget(target, 0);
        context.copy(source, target);
        pool.ifPresent(cells -> cells.copy(source, target));
    }

    /**
     * {@link LlamaContext#restore} of a whole state, in place of what the sequence has.
     *
     * @param tokens of the state, for which there are cells
     */
    boolean restore(int sequence, SequenceState state, int tokens) {
        forget(sequence, 0);
        if (!context.restore(sequence, state)) {
            return false;
        }
        pool.ifPresent(cells -> cells.extend(sequence, tokens));
        return true;
    }

    /** {@link LlamaContext#restore} of the part of a state that can't be cut; the rest stays as it is. */
    boolean restorePart(int sequence, SequenceState state) {
        return context.restore(sequence, state);
    }

    /** Notes that a step computed so many tokens more of a sequence. */
    void advance(int sequence, int tokens) {
        pool.ifPresent(cells -> cells.extend(sequence, tokens));
    }

    /** {@link LlamaContext#wipe}. */
    void wipe() {
        context.wipe();
        pool.ifPresent(KvCells::clear);
    }
}
