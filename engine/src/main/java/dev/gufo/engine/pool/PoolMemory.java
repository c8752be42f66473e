package dev.gufo.engine.pool;

import dev.gufo.engine.pool.Resident.Stage;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All models that the pool has something to say about, and what they have of its memory. Guarded by the pool's lock.
 */
final class PoolMemory {
    private final Footprint budget;
    private final Predicate<String> pinned;
    private final Map<String, Boolean> told = new HashMap<>(); // which are pinned, where an operator has said so since
    private final Map<String, Resident> residents = new TreeMap<>();

    PoolMemory(Footprint budget, Predicate<String> pinned) {
        this.budget = budget;
        this.pinned = pinned;
    }

    Collection<Resident> all() {
        return residents.values();
    }

    Optional<Resident> find(String id) {
        return Optional.ofNullable(residents.get(id));
    }

    /** One that has to be there. */
    Resident known(String id) {
        return find(id).orElseThrow(() -> new AssertionError("nobody is called " + id));
    }

    Resident findOrAdd(String id) {
        return residents.computeIfAbsent(id, Resident::new);
    }

    void forgetIfNothing(Resident resident) {
        if (resident.isForgettable()) {
            residents.remove(resident.id());
        }
    }

    /** Those of them that are loaded. */
    List<Resident> loaded(List<String> ids) {
        return in(Stage.LOADED).filter(resident -> ids.contains(resident.id())).toList();
    }

    /** Those that drain for another model than the one whose turn it is. */
    List<Resident> drainingInVain(Optional<Resident> head) {
        return all().stream()
                .filter(resident -> resident.drainingFor().isPresent()
                        && !resident.drainingFor().equals(head))
                .toList();
    }

    boolean isPinned(Resident resident) {
        return isPinned(resident.id());
    }

    boolean isPinned(String id) {
        return Optional.ofNullable(told.get(id)).orElseGet(() -> pinned.test(id));
    }

    /** Has a model stay from now on, or go as others do. */
    void pin(String id, boolean stays) {
        told.put(id, stays);
    }

    /** Whether no model is in memory. */
    boolean isEmpty() {
        return all().stream().allMatch(resident -> resident.stage() == Stage.ABSENT);
    }

    /** What all models take that are in memory, on their way into it, or not yet out of it. */
    Footprint used() {
        return sum(all().stream());
    }

    Footprint free() {
        return budget.minus(used());
    }

    /** How can this one be loaded, as things are now? */
    Question question(Resident head, Instant now) {
        Map<String, Footprint> stays = new TreeMap<>();
        in(Stage.LOADING, Stage.LOADED).filter(this::stays).forEach(each -> stays.put(each.id(), each.footprint()));
        List<Resident> movable = in(Stage.LOADED)
                .filter(each -> !stays(each))
                .sorted(Comparator.comparingDouble(each -> each.value(now)))
                .toList();
        return new Question(
                head.id(),
                free(),
                sum(in(Stage.CLOSING)),
                sum(in(Stage.DRAINING)),
                budget.minus(stays.values().stream().reduce(Footprint.NONE, Footprint::plus)),
                stays,
                holders(movable, resident -> !resident.isBusy()),
                holders(movable, Resident::isBusy),
                head.isImpatient());
    }

    private boolean stays(Resident resident) {
        return isPinned(resident) && resident.eviction().isEmpty();
    }

    private static List<Question.Holder> holders(List<Resident> all, Predicate<Resident> which) {
        return all.stream()
                .filter(which)
                .map(resident -> new Question.Holder(resident.id(), resident.footprint()))
                .toList();
    }

    private Stream<Resident> in(Stage... stages) {
        List<Stage> wanted = List.of(stages);
        return all().stream().filter(resident -> wanted.contains(resident.stage()));
    }

    private static Footprint sum(Stream<Resident> residents) {
        return residents.map(Resident::footprint).reduce(Footprint.NONE, Footprint::plus);
    }
}
