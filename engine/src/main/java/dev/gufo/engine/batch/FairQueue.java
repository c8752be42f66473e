package dev.gufo.engine.batch;

import dev.gufo.engine.Owner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Waiting requests, taken in turn from each owner and in order within one: stride scheduling (Waldspurger and Weihl,
 * "Stride Scheduling", MIT/LCS/TM-528, 1995). An owner of weight w is served w times as often as one of weight 1, and a
 * thousand waiting requests of one owner delay another's single one by one turn.
 *
 * <p>Invariant: an owner is in {@code lines} while it has requests waiting or is ahead of the others; its pass begins
 * at that of the last turn, so that no owner saves up turns.
 *
 * <p>Belongs to the engine thread.
 */
final class FairQueue {
    private static final long STRIDE = 1L << 20;

    private final Deque<Sequence> resumed = new ArrayDeque<>();
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private long lastPass;
    private int size;

    private static final class Line {
        private final Deque<Sequence> waiting = new ArrayDeque<>();
        private long pass;
        private long stride;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Puts a request at the end of its owner's line. */
    void add(Sequence sequence) {
        Owner owner = sequence.request().owner();
        Line line = lines.computeIfAbsent(owner.id(), _ -> {
            var fresh = new Line();
            fresh.pass = lastPass;
            return fresh;
        });
        line.stride = STRIDE / owner.weight();
        line.waiting.addLast(sequence);
        size++;
    }

    /** Puts back one that had been started; it comes before everyone else. */
    void addFirst(Sequence sequence) {
        resumed.addFirst(sequence);
        size++;
    }

    /**
     * Takes out the request whose turn it is.
     *
     * @param canStart requests that it does not hold for let others pass, also of their own owner, and keep their place
     * @return empty if it holds for none
     */
    Optional<Sequence> take(Predicate<Sequence> canStart) {
        Optional<Sequence> first = takeFirst(resumed, canStart);
        if (first.isPresent()) {
            return first;
        }
        Line best = null;
        for (Line line : lines.values()) {
            boolean sooner = best == null || line.pass < best.pass;
            if (sooner && line.waiting.stream().anyMatch(canStart)) {
                best = line;
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        lastPass = Math.max(lastPass, best.pass);
        best.pass += best.stride;
        first = takeFirst(best.waiting, canStart);
        forgetOwners();
        return first;
    }

    /** Whether one waits of which this holds. */
    boolean has(Predicate<Sequence> which) {
        return resumed.stream().anyMatch(which)
                || lines.values().stream()
                        .flatMap(line -> line.waiting.stream())
                        .anyMatch(which);
    }

    private Optional<Sequence> takeFirst(Deque<Sequence> waiting, Predicate<Sequence> canStart) {
        for (Iterator<Sequence> all = waiting.iterator(); all.hasNext(); ) {
            Sequence sequence = all.next();
            if (canStart.test(sequence)) {
                all.remove();
                size--;
                return Optional.of(sequence);
            }
        }
        return Optional.empty();
    }

    /** Takes out all of a kind, whose turn it is or not. */
    List<Sequence> takeAll(Predicate<Sequence> which) {
        List<Sequence> taken = new ArrayList<>();
        lines.values().forEach(line -> line.waiting.stream().filter(which).forEach(taken::add));
        resumed.stream().filter(which).forEach(taken::add);
        taken.forEach(this::remove);
        return taken;
    }

    /** An owner that waits for nothing is remembered only while it is ahead of the others. */
    private void forgetOwners() {
        if (size == 0) {
            lines.clear();
        } else {
            lines.values().removeIf(line -> line.waiting.isEmpty() && line.pass <= lastPass);
        }
    }

    /** Takes a request out, wherever it is; false if it is not here. */
    boolean remove(Sequence sequence) {
        Line line = lines.get(sequence.request().owner().id());
        boolean removed = resumed.remove(sequence) || (line != null && line.waiting.remove(sequence));
        size -= removed ? 1 : 0;
        return removed;
    }

    /** Takes all out, in no particular order. */
    Iterable<Sequence> drain() {
        var all = new ArrayDeque<>(resumed);
        lines.values().forEach(line -> all.addAll(line.waiting));
        resumed.clear();
        lines.clear();
        size = 0;
        return all;
    }
}
