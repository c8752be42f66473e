package dev.gufo.engine.batch;

import dev.gufo.engine.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * All requests that wait for a place: those of {@linkplain Owner#preemptible preemptible} owners behind all others.
 * Within each kind {@link FairQueue} tells whose turn it is.
 *
 * <p>Belongs to the engine thread.
 */
final class WaitingLine {
    private final FairQueue first = new FairQueue();
    private final FairQueue preemptible = new FairQueue();

    boolean isEmpty() {
        return first.isEmpty() && preemptible.isEmpty();
    }

    private FairQueue queueOf(Sequence sequence) {
        return sequence.isPreemptible() ? preemptible : first;
    }

    /** As {@link FairQueue#add}. */
    void add(Sequence sequence) {
        queueOf(sequence).add(sequence);
    }

    /** Puts back one that had been started; it comes before everyone of its kind. */
    void addFirst(Sequence sequence) {
        queueOf(sequence).addFirst(sequence);
    }

    /** As {@link FairQueue#take}, of those that are not preemptible. */
    Optional<Sequence> takeUrgent(Predicate<Sequence> canStart) {
        return first.take(canStart);
    }

    /** As {@link FairQueue#take}, of those that are preemptible. */
    Optional<Sequence> takePreemptible(Predicate<Sequence> canStart) {
        return preemptible.take(canStart);
    }

    /** Whether one waits that is not preemptible and of which this holds. */
    boolean hasUrgent(Predicate<Sequence> which) {
        return first.has(which);
    }

    /** Takes out all of a kind, whose turn it is or not. */
    List<Sequence> takeAll(Predicate<Sequence> which) {
        List<Sequence> taken = new ArrayList<>(first.takeAll(which));
        taken.addAll(preemptible.takeAll(which));
        return taken;
    }

    /** Takes a request out, wherever it is; false if it is not here. */
    boolean remove(Sequence sequence) {
        return queueOf(sequence).remove(sequence);
    }

    /** Takes all out, in no particular order. */
    List<Sequence> drain() {
        List<Sequence> all = new ArrayList<>();
        first.drain().forEach(all::add);
        preemptible.drain().forEach(all::add);
        return all;
    }
}
