package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.Owner;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which sequences enter a step: a decode is done with one set of LoRA adapters, so sequences with other sets take
 * turns. A set whose turn it is keeps it for some steps, since every change has llama.cpp plan its graphs anew; new
 * sequences of that set join at once, whoever owns them. A deterministic sequence is computed alone, so it is a group
 * of its own here and takes turns with the others like a set does.
 *
 * <p>It is the owners who take turns, by stride scheduling over time as in {@link FairQueue}: one of weight w has w
 * times as much as one of weight 1, however many sets it has. Within an owner its sets come up one after the other. A
 * turn counts for all whom it serves, as if it were their own; but not for those who have other sets waiting and did
 * not choose it, or with others' turns they would never get to those.
 *
 * <p>Invariant: no pass is behind that of the owner whose turn it is, so that no owner saves up turns. {@code order}
 * holds each set that has running sequences once, the one that was served least recently first.
 *
 * <p>Belongs to the engine thread.
 */
final class AdapterTurns {
    private final Duration turn;
    private final Consumer<List<AdapterScale>> use;
    private final Set<Group> order = new LinkedHashSet<>();
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private Group served = new Group(List.of(), Optional.empty());
    private @Nullable Line chosen;
    private long lastPass;
    private long spentNanos;

    /**
     * Those that are computed together.
     *
     * @param alone who has no company, being deterministic
     */
    private record Group(List<AdapterScale> adapters, Optional<Sequence> alone) {
        static Group of(Sequence sequence) {
            return new Group(
                    sequence.request().adapters(),
                    sequence.request().deterministic() ? Optional.of(sequence) : Optional.empty());
        }
    }

    private static final class Line {
        private final Set<Group> groups = new HashSet<>();
        private long pass; // nanoseconds of an owner of weight 1
        private int weight;

        private Line(long pass) {
            this.pass = pass;
        }
    }

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
        lineUp(running);
        if (order.isEmpty()) {
            return List.of();
        }
        if (chosen == null || !order.contains(served) || spentNanos >= turn.toNanos()) {
            choose();
        }
        return order.size() == 1
                ? running
                : running.stream()
                        .filter(sequence -> Group.of(sequence).equals(served))
                        .toList();
    }

    private void lineUp(Collection<Sequence> running) {
        lines.values().forEach(line -> line.groups.clear());
        Set<Group> groups = new LinkedHashSet<>();
        for (Sequence sequence : running) {
            Owner owner = sequence.request().owner();
            Line line = lines.computeIfAbsent(owner.id(), _ -> new Line(lastPass));
            line.weight = owner.weight();
            line.groups.add(Group.of(sequence));
            groups.add(Group.of(sequence));
        }
        order.retainAll(groups);
        order.addAll(groups);
    }

    private void choose() {
        chosen = lines.values().stream()
                .filter(line -> !line.groups.isEmpty())
                .min(Comparator.comparingLong(line -> line.pass))
                .orElseThrow();
        lastPass = chosen.pass;
        spentNanos = 0;
        Group group = order.stream().filter(chosen.groups::contains).findFirst().orElseThrow();
        order.remove(group);
        order.add(group);
        if (!group.adapters().equals(served.adapters())) {
            use.accept(group.adapters());
        }
        served = group;
        lines.values().removeIf(line -> line.groups.isEmpty() && line.pass <= lastPass);
    }

    /** Counts a step's time to the turn that is under way. */
    void spent(long nanos) {
        spentNanos += nanos;
        for (Line line : lines.values()) {
            if (line == chosen || line.groups.equals(Set.of(served))) {
                line.pass = Math.max(line.pass, lastPass + spentNanos / line.weight);
            }
        }
    }
}
