package dev.gufo.engine.batch;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which cells of a shared KV pool are promised to whom, so that a sequence that has started goes on. An answer of up to
 * {@value #WHOLE} tokens has all its cells promised before it starts. A longer one, or one without a limit, has
 * {@value #PAGE} more than it has tokens, and gets as many more when it has used them up; if there are none left by
 * then, the youngest sequence is preempted.
 *
 * <p>What free slots hold is no obstacle: it is evicted when its cells are needed. A request that found too few cells
 * is passed by as many others as there are slots; then nobody starts before it does, but who is not preemptible before
 * one that is.
 *
 * <p>Belongs to the engine thread.
 */
final class KvBudget {
    static final int WHOLE = 1_024;
    static final int PAGE = 256;

    private final KvCells cells;
    private final KvSlots slots;
    private final int[] promised; // tokens of each slot's owner
    private @Nullable Sequence refused; // the first that found too few cells
    private int passes; // starts since then

    KvBudget(KvCells cells, KvSlots slots) {
        this.cells = cells;
        this.slots = slots;
        this.promised = new int[slots.count()];
    }

    /**
     * Whether there are cells for a sequence that waits.
     *
     * @param place where it would start
     */
    boolean admits(Sequence sequence, Optional<KvSlots.Placement> place) {
        if (refused != null && !sequence.equals(refused) && passes >= slots.count() && !passes(sequence, refused)) {
            return false;
        }
        int kept = place.map(this::keptByOthers).orElse(0);
        if (promiseTo(sequence) - kept <= available()) {
            return true;
        }
        refused = Objects.requireNonNullElse(refused, sequence);
        return false;
    }

    private static boolean passes(Sequence sequence, Sequence refused) {
        return refused.isPreemptible() && !sequence.isPreemptible();
    }

    /** Tokens of what a prompt goes on from whose cells running sequences have anyway. */
    private int keptByOthers(KvSlots.Placement place) {
        if (place.restored().isPresent()) {
            return 0;
        }
        int source = place.copyFrom() >= 0 ? place.copyFrom() : place.slot();
        return cells.usedBy(this::isBusy, source, place.cached());
    }

    /** Promises cells to a sequence that has just got its slot. */
    void start(Sequence sequence) {
        promised[sequence.slot()] = promiseTo(sequence);
        passes++;
        forget(sequence);
    }

    /** Notes that a sequence does not wait any more. */
    void forget(Sequence sequence) {
        if (sequence.equals(refused)) {
            refused = null;
        }
        if (refused == null) {
            passes = 0;
        }
    }

    /** Whether a running sequence may take its next token; false if a promise more can't be given. */
    boolean goesOn(Sequence sequence) {
        if (sequence.count() <= promised[sequence.slot()]) {
            return true;
        }
        int page = promiseTo(sequence) - promised[sequence.slot()];
        int given = Math.min(page, available());
        promised[sequence.slot()] += Math.max(0, given);
        return given > 0;
    }

    private static int promiseTo(Sequence sequence) {
        int answer = sequence.mostTokens() - sequence.request().prompt().length;
        return answer <= WHOLE ? sequence.mostTokens() : Math.min(sequence.mostTokens(), sequence.count() + PAGE);
    }

    /** Cells that are neither used by a running sequence nor promised to one. */
    private int available() {
        int outstanding = 0;
        for (KvSlot slot : slots.all()) {
            outstanding += slot.isFree() ? 0 : Math.max(0, promised[slot.id()] - cells.length(slot.id()));
        }
        return cells.capacity() - cells.usedBy(this::isBusy) - outstanding;
    }

    private boolean isBusy(int slot) {
        return !slots.get(slot).isFree();
    }
}
