package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which sequences enter a step: a decode is done with one set of LoRA adapters, so sequences with other sets take turns. A set whose turn it
 * is keeps it for some steps, since every change has llama.cpp plan its graphs anew; new sequences of that set join at once. Sets come up in
 * the order in which they began to wait, so each waits for one turn of every other at most.
 *
 * <p>Invariant: {@code order} holds each set that has running sequences once, the one whose turn it is first.
 *
 * <p>Belongs to the engine thread.
 */
final class AdapterTurns {
    private final Duration turn;
    private final Consumer<List<AdapterScale>> use;
    private final Deque<List<AdapterScale>> order = new ArrayDeque<>();
    private List<AdapterScale> inUse = List.of();
    private long spentNanos;

    /**
     * @param turn how long a set computes before it is another's turn
     * @param use has the next decode done with this set
     */
    AdapterTurns(Duration turn, Consumer<List<AdapterScale>> use) {
        this.turn = turn;
        this.use = use;
    }

    /** Those among {@code running} whose turn it is, in the same order; what they need is in use when this returns. */
    List<Sequence> next(List<Sequence> running) {
        Set<List<AdapterScale>> sets = new LinkedHashSet<>();
        running.forEach(sequence -> sets.add(sequence.request().adapters()));
        if (sets.isEmpty()) {
            return List.of();
        }
        List<AdapterScale> before = order.peekFirst();
        order.removeIf(set -> !sets.contains(set));
        sets.stream().filter(set -> !order.contains(set)).forEach(order::addLast);
        if (order.getFirst().equals(before) && spentNanos >= turn.toNanos()) {
            order.addLast(order.removeFirst());
        }
        List<AdapterScale> set = order.getFirst();
        if (!set.equals(before)) {
            spentNanos = 0;
        }
        if (!set.equals(inUse)) {
            use.accept(set);
            inUse = set;
        }
        return sets.size() == 1
                ? running
                : running.stream()
                        .filter(sequence -> sequence.request().adapters().equals(set))
                        .toList();
    }

    /** Counts a step's time to the turn that is under way. */
    void spent(long nanos) {
        spentNanos += nanos;
    }
}
