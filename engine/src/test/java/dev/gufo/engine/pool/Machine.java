package dev.gufo.engine.pool;

import dev.gufo.engine.EngineException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/** Residents whose orders are carried out when a test says so; plans are made at once, unless they are to be slow. */
final class Machine {
    final Residents residents;
    final Map<String, FakeEngine> engines = new HashMap<>();
    final List<String> loading = new ArrayList<>();
    final List<String> closing = new ArrayList<>();
    final List<String> reasons = new ArrayList<>(); // of all closes

    /** Everything that was ordered, for instance {@code load a}. */
    final List<String> log = new ArrayList<>();

    /** Whether questions wait for {@link #decide}. */
    boolean plansSlowly;

    private final FakeModels models;
    private final Queue<Question> questions = new ArrayDeque<>();
    private Instant now = Instant.EPOCH;

    Machine(ModelPool.Settings settings, Footprint budget, FakeModels models) {
        this.models = models;
        residents = new Residents(settings, budget);
    }

    Claim request(String id) {
        Claim claim = residents.request(id, now);
        settle();
        return claim;
    }

    void leave(Claim claim) {
        residents.leave(claim, now);
        settle();
    }

    void unload(String id) {
        residents.unload(id, "a test asked for it", now);
        settle();
    }

    void pin(String id, boolean stays) {
        residents.pin(id, stays, now);
        settle();
    }

    void pass(Duration time) {
        now = now.plus(time);
        residents.tick(now);
        settle();
    }

    /** Ends the load that was ordered for this model. */
    void loaded(String id) {
        begun(id).ready();
        pass(Duration.ZERO);
    }

    /** Gives the load that was ordered an engine. */
    FakeEngine begun(String id) {
        if (loading.remove(id)) {
            engines.put(id, new FakeEngine(id));
            residents.started(id, engines.get(id), now);
            settle();
        }
        return engines.get(id);
    }

    void notBegun(String id, String reason) {
        loading.remove(id);
        residents.notStarted(id, reason, now);
        settle();
    }

    void gone(String id) {
        closing.remove(id);
        engines.remove(id).close();
        residents.gone(id, now);
        settle();
    }

    /** A model in memory that took this long to load and that nobody uses. */
    void has(String id, Duration loadTime) {
        Claim claim = request(id);
        pass(loadTime);
        loaded(id);
        leave(claim);
    }

    /** The same, in use. */
    Claim uses(String id) {
        Claim claim = request(id);
        loaded(id);
        return claim;
    }

    /** Answers the question that was asked. */
    void decide() {
        Question question = questions.remove();
        residents.answered(question, verdict(question), now);
        settle();
    }

    private void settle() {
        for (Optional<Order> order = residents.nextOrder(); order.isPresent(); order = residents.nextOrder()) {
            switch (order.get()) {
                case Order.Decide(Question question) -> {
                    questions.add(question);
                    if (!plansSlowly) {
                        decide();
                    }
                }
                case Order.Load(String id, Planned _) -> {
                    loading.add(id);
                    log.add("load " + id);
                }
                case Order.Close(String id, var _, String why) -> {
                    reasons.add(why);
                    closing.add(id);
                    log.add("close " + id);
                }
            }
        }
    }

    private Verdict verdict(Question question) {
        try {
            return question.answer(free -> models.plan(question.id(), free));
        } catch (EngineException e) {
            return new Verdict.Refuse(e.getMessage());
        }
    }
}
