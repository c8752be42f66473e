package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The sets of LoRA adapters that made logits non-finite. Finding out costs every request a fresh start, so such sets
 * are remembered. A set of the same adapters with the same signs, none of them weaker, is too strong as well.
 *
 * <p>Invariant: none of the remembered sets follows from another.
 *
 * <p>Belongs to the engine thread.
 */
final class NonFiniteAdapters {
    /** Most sets that are remembered; the oldest is forgotten first. */
    static final int MOST = 64;

    /** Below this the prompt may as well be the cause. */
    private static final float LEAST_BLAMED = 0.25f;

    private final Deque<List<AdapterScale>> sets = new ArrayDeque<>();

    /** Remembers a set, unless all of it is weak. */
    void add(List<AdapterScale> set) {
        boolean strong = set.stream().anyMatch(adapter -> Math.abs(adapter.scale()) >= LEAST_BLAMED);
        if (strong && !isTooStrong(set)) {
            sets.removeIf(known -> isAsStrong(known, set));
            sets.addLast(set);
            if (sets.size() > MOST) {
                sets.removeFirst();
            }
        }
    }

    /** Whether a set is known to make logits non-finite. */
    boolean isTooStrong(List<AdapterScale> set) {
        return sets.stream().anyMatch(known -> isAsStrong(set, known));
    }

    /**
     * Whether a request need not be tried: its set is too strong. Who has part of its answer shows that with its prompt
     * the set is not.
     */
    boolean isHopeless(Sequence sequence) {
        return sequence.count() == sequence.request().prompt().length
                && isTooStrong(sequence.request().adapters());
    }

    /** Ends a request for its adapters. */
    static void refuse(Sequence sequence) {
        sequence.fail(new EngineException.Refused(new Refusal.NonFiniteLogits()));
    }

    /** Whether {@code one} is what {@code other} is or more; both are in the order of their ids and without scale 0. */
    private static boolean isAsStrong(List<AdapterScale> one, List<AdapterScale> other) {
        boolean strong = one.size() == other.size();
        for (int i = 0; i < one.size() && strong; i++) {
            float scale = one.get(i).scale();
            float least = other.get(i).scale();
            strong = one.get(i).id().equals(other.get(i).id())
                    && (scale > 0) == (least > 0)
                    && Math.abs(scale) >= Math.abs(least);
        }
        return strong;
    }
}
