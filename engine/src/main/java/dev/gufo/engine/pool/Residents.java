package dev.gufo.engine.pool;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Resident.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which models are loaded, which wait and which are evicted: a state machine without threads and without a clock.
 * Events and the time come in, {@link Order orders} go out. {@link ModelPool} guards it by its lock; nothing here
 * blocks.
 *
 * <p>Invariant: the footprints of all who are not absent fit in the budget. A load reserves its own before it begins;
 * it is free again when its engine has been closed. One load is decided at a time, so free memory only grows while a
 * {@link Question} is being answered.
 *
 * <p>Invariant: no model with a lease is closed before {@link #shut}.
 *
 * <p>Invariant: no model drains for one that is not at the head of the line.
 */
final class Residents {
    private final ModelPool.Settings settings;
    private final PoolMemory memory;
    private final Deadlines deadlines;
    private final Set<Resident> line = new LinkedHashSet<>(); // wanted, not yet begun to load; in order of arrival
    private final Queue<Order> orders = new ArrayDeque<>();
    private Optional<Question> asked = Optional.empty();
    private boolean changed; // since the last question, something that may change its answer
    private boolean shut;

    Residents(ModelPool.Settings settings, Footprint budget) {
        this.settings = settings;
        memory = new PoolMemory(budget, settings.pinned());
        deadlines = new Deadlines(settings, memory);
    }

    // Events.

    /** Somebody wants a model: answered at once if it is loaded, or could not be loaded just now. */
    Claim request(String id, Instant now) {
        if (shut) {
            Claim late = new Claim(new Resident(id));
            late.decide(new Claim.Answer.Shut());
            return late;
        }
        Resident resident = memory.findOrAdd(id);
        observe(resident, now);
        Claim claim = new Claim(resident);
        Optional<String> failure = resident.failure(now, settings.retryAfterFailure());
        if (resident.stage() == Stage.LOADED) {
            resident.grant(claim, now);
        } else if (failure.isPresent()) {
            claim.decide(new Claim.Answer.Failed(resident.told()));
        } else {
            resident.await(claim);
            if (resident.stage() != Stage.LOADING) {
                line.add(resident);
                consider(now);
            }
        }
        return claim;
    }

    /** Somebody has done with a model, or does not want it any more. */
    void leave(Claim claim, Instant now) {
        Resident resident = claim.resident();
        if (claim.giveBack()) {
            resident.takeBack(now);
            if (!resident.isBusy()) {
                closeIfDone(resident);
                changed = true;
            }
        } else if (resident.forget(claim) && !resident.isWanted()) {
            leaveLine(resident);
        }
        consider(now);
    }

    /** Evicts a model, whatever it is worth. */
    void unload(String id, String why, Instant now) {
        memory.find(id).ifPresent(resident -> evict(resident, Eviction.inAnyCase(why)));
        consider(now);
    }

    /** Has a model stay once it is loaded, or go as others do. */
    void pin(String id, boolean stays, Instant now) {
        memory.pin(id, stays);
        changed = true;
        consider(now);
    }

    /** Time has passed: looks after engines, idle models and the patience of the load at the head of the line. */
    void tick(Instant now) {
        memory.all().forEach(resident -> observe(resident, now));
        deadlines
                .idleForTooLong(now)
                .forEach(
                        resident -> evict(resident, Eviction.inAnyCase("it was not used for " + settings.keepAlive())));
        head().filter(head -> deadlines.isPatienceOver(head, now)).ifPresent(head -> {
            head.becomeImpatient();
            changed = true;
        });
        consider(now);
    }

    /** The answer to a question that was ordered. */
    void answered(Question question, Verdict verdict, Instant now) {
        asked = Optional.empty();
        head().filter(head -> head.id().equals(question.id())).ifPresent(head -> obey(head, verdict, now));
        consider(now);
    }

    /** A load that was ordered has an engine, which may still be loading. */
    void started(String id, Engine engine, Instant now) {
        Resident resident = memory.known(id);
        resident.start(engine);
        if (shut) {
            close(resident, "the pool is closed");
        } else {
            observe(resident, now);
        }
        closeIfDone(resident);
        consider(now);
    }

    /** A load that was ordered could not begin. */
    void notStarted(String id, String reason, Instant now) {
        memory.known(id).fail(reason, now);
        gone(id, now);
    }

    /** An engine that was ordered to be closed is closed. */
    void gone(String id, Instant now) {
        Resident resident = memory.known(id);
        resident.vanish();
        memory.forgetIfNothing(resident);
        changed = true;
        consider(now);
    }

    /** Evicts all models at once, also those in use; no request is taken any more. */
    void shut() {
        shut = true;
        line.clear();
        for (Resident resident : memory.all()) {
            resident.dismiss(new Claim.Answer.Shut());
            if (resident.stage() != Stage.CLOSING && resident.engine().isPresent()) {
                close(resident, "the pool is closed");
            }
        }
    }

    /** What is to be done next, if anything; each order comes once. */
    Optional<Order> nextOrder() {
        return Optional.ofNullable(orders.poll());
    }

    /** How long nothing happens by itself: when the next {@link #tick} is due. */
    Duration pause(Instant now) {
        return deadlines.pause(head(), now);
    }

    // Decisions.

    /** Looks at the head of the line, which an event may have changed. */
    private void consider(Instant now) {
        if (!shut) {
            stopDraining(now);
            head().filter(_ -> asked.isEmpty()).ifPresent(head -> ask(head, now));
        }
    }

    /** Asks what to do about the head of the line, unless nothing has changed since that was asked. */
    private void ask(Resident head, Instant now) {
        boolean news = head.comesToHead(now);
        if (news || changed) {
            changed = false;
            Question question = memory.question(head, now);
            asked = Optional.of(question);
            orders.add(new Order.Decide(question));
        }
    }

    /** Takes evictions back that were for a model which is no longer at the head of the line. */
    private void stopDraining(Instant now) {
        for (Resident resident : memory.drainingInVain(head())) {
            observe(resident, now); // one whose engine failed meanwhile is evicted all the same
            if (resident.drainingFor().isPresent()) {
                resident.stopDraining(now);
                leaveLine(resident);
                changed = true;
            }
        }
    }

    /** The first in line; one that still drains from the last time lets others pass and keeps its place. */
    private Optional<Resident> head() {
        return line.stream()
                .filter(resident -> resident.stage() == Stage.ABSENT)
                .findFirst();
    }

    private void obey(Resident head, Verdict verdict, Instant now) {
        switch (verdict) {
            case Verdict.Load(Planned planned) -> {
                if (!planned.footprint().fitsIn(memory.free())) {
                    throw new AssertionError("memory became less while %s was planned".formatted(head.id()));
                }
                leaveLine(head);
                head.load(planned.footprint(), now);
                orders.add(new Order.Load(head.id(), planned));
            }
            case Verdict.Evict(List<String> idle) -> {
                List<Resident> victims = memory.loaded(idle);
                if (victims.size() == idle.size() && victims.stream().noneMatch(Resident::isBusy)) {
                    victims.forEach(victim -> evict(victim, Eviction.toMakeRoomFor(head)));
                } else {
                    changed = true; // one of them is used again, or has gone by itself
                }
            }
            case Verdict.Drain(List<String> busy) ->
                memory.loaded(busy).forEach(victim -> evict(victim, Eviction.toMakeRoomFor(head)));
            case Verdict.Wait() -> {}
            case Verdict.Refuse(String reason) -> {
                leaveLine(head);
                head.fail(reason, now);
            }
        }
    }

    private void leaveLine(Resident resident) {
        if (line.remove(resident)) {
            resident.leavesLine();
            changed = true;
            memory.forgetIfNothing(resident);
        }
    }

    // Steps of one model.

    /** Takes note of what its engine says. */
    private void observe(Resident resident, Instant now) {
        if (resident.stage() == Stage.LOADING) {
            resident.engine().ifPresent(engine -> {
                switch (engine.status()) {
                    case EngineStatus.Ready _ -> {
                        resident.serve(now);
                        resident.eviction().ifPresent(resident::drain);
                        closeIfDone(resident);
                        changed = true;
                    }
                    case EngineStatus.Failed(String reason) -> failLoading(resident, reason, now);
                    case EngineStatus.Closed() -> failLoading(resident, "its engine was closed", now);
                    case EngineStatus.Loading _, EngineStatus.Restarting _ -> {}
                }
            });
        } else if (resident.stage() == Stage.LOADED || resident.stage() == Stage.DRAINING) {
            resident.engine().ifPresent(engine -> {
                switch (engine.status()) {
                    case EngineStatus.Failed(String reason) ->
                        evict(resident, Eviction.inAnyCase("its engine failed: " + reason));
                    case EngineStatus.Closed() -> evict(resident, Eviction.inAnyCase("its engine was closed"));
                    case EngineStatus.Ready _, EngineStatus.Loading _, EngineStatus.Restarting _ -> {}
                }
            });
        }
    }

    private void failLoading(Resident resident, String reason, Instant now) {
        resident.fail(reason, EngineException.INSIDE, now); // the log has the reason from the engine
        close(resident, "it could not be loaded: " + reason);
    }

    /** Evicts it when it is not in use; does nothing to one that is not in memory. */
    private void evict(Resident resident, Eviction why) {
        if (resident.stage() != Stage.ABSENT && resident.stage() != Stage.CLOSING) {
            resident.drain(why);
            closeIfDone(resident);
        }
    }

    /** Closes an evicted model once no request uses it, or its load has ended. */
    private void closeIfDone(Resident resident) {
        boolean unused = switch (resident.stage()) {
            case DRAINING -> !resident.isBusy();
            case LOADING -> resident.engine().isPresent() && !resident.isWanted();
            case ABSENT, LOADED, CLOSING -> false;
        };
        resident.eviction().filter(_ -> unused).ifPresent(eviction -> close(resident, eviction.why()));
    }

    private void close(Resident resident, String why) {
        Engine engine = resident.engine().orElseThrow();
        resident.close();
        orders.add(new Order.Close(resident.id(), engine, why));
    }

    // What others want to know.

    Residency residency(String id) {
        return memory.find(id).map(this::residency).orElseGet(Residency.Unloaded::new);
    }

    /** Of all that are not unloaded. */
    Map<String, Residency> residencies() {
        Map<String, Residency> all = new TreeMap<>();
        memory.all().stream()
                .filter(resident -> !(residency(resident) instanceof Residency.Unloaded))
                .forEach(resident -> all.put(resident.id(), residency(resident)));
        return all;
    }

    private Residency residency(Resident resident) {
        return resident.residency(position(resident), memory.isPinned(resident));
    }

    private int position(Resident resident) {
        return (int) line.stream().takeWhile(each -> each != resident).count();
    }

    boolean isPinned(String id) {
        return memory.isPinned(id);
    }

    /** Of one that is being loaded or can be used. */
    Optional<Engine> engine(String id) {
        return memory.find(id)
                .filter(resident -> resident.stage() != Stage.CLOSING)
                .flatMap(Resident::engine);
    }

    /** What all have who are in memory, on their way into it, or not yet out of it. */
    Footprint used() {
        return memory.used();
    }

    boolean isShut() {
        return shut;
    }

    /** Whether no model is in memory. */
    boolean isEmpty() {
        return memory.isEmpty();
    }
}
