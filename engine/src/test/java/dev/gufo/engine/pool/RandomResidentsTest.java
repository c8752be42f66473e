package dev.gufo.engine.pool;

import static dev.gufo.engine.pool.FakeModels.mib;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Five models on two devices that hold two or three of them, and everything that can happen to them in any order. */
class RandomResidentsTest {
    private static final int STEPS = 10_000;
    private static final int MOST_CLAIMS = 8;
    private static final int ROUNDS = 200;
    private static final Footprint BUDGET = mib(100, 60);
    private static final String PINNED = "pinned";
    private static final List<String> IDS = List.of("small", "large", PINNED, "flexible", "greedy");
    private static final FakeModels MODELS = new FakeModels()
            .with("small", 30)
            .with("large", 70)
            .with(PINNED, 25)
            .with("flexible", mib(50, 5), mib(10, 40))
            .with("greedy", mib(500, 5), mib(40, 20));

    private final ModelPool.Settings settings = new ModelPool.Settings(
            Duration.ofSeconds(20), Duration.ofSeconds(3), Duration.ofSeconds(2), PINNED::equals);
    private final Residents residents = new Residents(settings, BUDGET);
    private final List<Question> questions = new ArrayList<>();
    private final Map<String, Planned> loads = new HashMap<>(); // ordered, not yet begun
    private final Map<String, FakeEngine> engines = new HashMap<>();
    private final Map<String, Footprint> inMemory = new HashMap<>();
    private final Set<String> closing = new HashSet<>();
    private final Set<String> mayLeave = new HashSet<>(); // pinned, but unloaded or broken
    private final Map<String, String> drainingFor = new HashMap<>(); // by the last verdict
    private final Set<String> draining = new HashSet<>();
    private final List<Claim> claims = new ArrayList<>();
    private final Set<Claim> holding = new HashSet<>();
    private Random random = new Random(0);
    private Instant now = Instant.EPOCH;
    private int served;
    private int failed;
    private int evicted;
    private int bars;
    private int reopened;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverHappensTheRulesHoldAndEverybodyIsAnsweredInTheEnd(long seed) {
        random = new Random(seed);
        for (int i = 0; i < STEPS; i++) {
            step();
            check();
        }
        assertThat(served).isGreaterThan(400);
        assertThat(failed).isPositive();
        assertThat(evicted).isGreaterThan(40);
        assertThat(bars).isGreaterThan(20);
        assertThat(reopened).isGreaterThan(5);
        everybodyIsAnswered();
        allGoAway();
    }

    private void step() {
        String id = IDS.get(random.nextInt(IDS.size()));
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4 -> {
                if (claims.size() < MOST_CLAIMS) {
                    claims.add(residents.request(id, now));
                }
            }
            case 5, 6, 7, 8 -> {
                if (!claims.isEmpty()) {
                    Claim claim = claims.remove(random.nextInt(claims.size()));
                    holding.remove(claim);
                    residents.leave(claim, now);
                }
            }
            case 9 -> {
                if (random.nextInt(10) == 0) {
                    mayLeave.add(id);
                    residents.unload(id, "a test asked for it", now);
                }
            }
            case 10 -> {
                if (random.nextInt(20) == 0 && engines.containsKey(id)) {
                    mayLeave.add(id);
                    engines.get(id).failed("broken");
                }
            }
            case 11, 12 -> tick(Duration.ofMillis(random.nextInt(2_000)));
            case 13, 14 -> answer();
            case 15, 16 -> any(loads.keySet()).ifPresent(each -> begin(each, random.nextInt(10) > 0));
            case 17, 18 -> any(engines.keySet()).ifPresent(this::ready);
            default -> any(closing).ifPresent(this::gone);
        }
        obey();
    }

    private Optional<String> any(Set<String> ids) {
        return ids.isEmpty()
                ? Optional.empty()
                : ids.stream().skip(random.nextInt(ids.size())).findFirst();
    }

    private void tick(Duration time) {
        now = now.plus(time);
        residents.tick(now);
    }

    private void answer() {
        if (!questions.isEmpty()) {
            Question question = questions.removeFirst();
            Verdict verdict = question.answer(free -> MODELS.plan(question.id(), free));
            if (verdict instanceof Verdict.Drain(List<String> busy)) {
                busy.forEach(id -> drainingFor.put(id, question.id()));
            }
            residents.answered(question, verdict, now);
        }
    }

    private void begin(String id, boolean well) {
        if (loads.remove(id) != null) {
            if (well) {
                engines.put(id, new FakeEngine(id));
                residents.started(id, engines.get(id), now);
            } else {
                inMemory.remove(id);
                residents.notStarted(id, "no library", now);
            }
        }
    }

    private void ready(String id) {
        FakeEngine engine = engines.get(id);
        if (engine != null && engine.status() instanceof EngineStatus.Loading) {
            engine.becomes(
                    random.nextInt(15) == 0 ? new EngineStatus.Failed("no memory") : new EngineStatus.Ready(0, 0));
            if (engine.status() instanceof EngineStatus.Failed) {
                mayLeave.add(id);
            }
        }
    }

    private void gone(String id) {
        if (closing.remove(id)) {
            engines.remove(id).close();
            inMemory.remove(id);
            mayLeave.remove(id);
            residents.gone(id, now);
        }
    }

    private void obey() {
        for (Optional<Order> order = residents.nextOrder(); order.isPresent(); order = residents.nextOrder()) {
            switch (order.get()) {
                case Order.Decide(Question question) -> {
                    assertThat(questions).as("one question at a time").isEmpty();
                    questions.add(question);
                }
                case Order.Load(String id, Planned planned) -> {
                    assertThat(inMemory).doesNotContainKey(id);
                    inMemory.put(id, planned.footprint());
                    loads.put(id, planned);
                    mayLeave.remove(id);
                }
                case Order.Close(String id, Engine engine, String why) -> {
                    assertThat(engine).isSameAs(engines.get(id));
                    assertThat(leased(engine))
                            .as("%s is used while it is closed", id)
                            .isFalse();
                    assertThat(!id.equals(PINNED) || mayLeave.contains(id))
                            .as("why the pinned one leaves: %s", why)
                            .isTrue();
                    assertThat(closing.add(id)).isTrue();
                    evicted += why.contains("room") ? 1 : 0;
                }
            }
        }
    }

    private boolean leased(Engine engine) {
        return claims.stream().anyMatch(claim -> claim.answer().equals(Optional.of(new Claim.Answer.Granted(engine))));
    }

    private void check() {
        Footprint sum = inMemory.values().stream().reduce(Footprint.NONE, Footprint::plus);
        assertThat(residents.used()).isEqualTo(sum);
        assertThat(sum.fitsIn(BUDGET)).as("%s are used of %s", sum, BUDGET).isTrue();
        for (Claim claim : List.copyOf(claims)) {
            switch (claim.answer().orElse(null)) {
                case Claim.Answer.Granted(Engine engine) -> {
                    assertThat(engines.values()).as("granted what is in memory").contains((FakeEngine) engine);
                    served += holding.add(claim) ? 1 : 0;
                }
                case Claim.Answer.Failed _ -> {
                    failed++;
                    claims.remove(claim);
                }
                case Claim.Answer.Shut() -> throw new AssertionError("nobody shut it");
                case null ->
                    assertThat(claim.resident().stage())
                            .as("nobody waits for what is open to all")
                            .isNotEqualTo(Resident.Stage.LOADED);
            }
        }
        IDS.forEach(this::checkBar);
    }

    /** Nobody is draining for someone who is not at the head of the line. */
    private void checkBar(String id) {
        Residency residency = residents.residency(id);
        if (residency instanceof Residency.Unloading && !closing.contains(id) && !mayLeave.contains(id)) {
            assertThat(head()).as("for whom %s is draining", id).contains(drainingFor.get(id));
            bars += draining.add(id) ? 1 : 0;
        } else if (draining.remove(id) && residency instanceof Residency.Loaded) {
            reopened++;
        }
    }

    private Optional<String> head() {
        return residents.residencies().entrySet().stream()
                .filter(entry -> entry.getValue() instanceof Residency.Waiting)
                .min(Comparator.comparingInt(entry -> ((Residency.Waiting) entry.getValue()).position()))
                .map(Map.Entry::getKey);
    }

    /** Leases are given back, loads end, engines close: nobody may wait for long. */
    private void everybodyIsAnswered() {
        for (int round = 0; round < ROUNDS && !claims.isEmpty(); round++) {
            for (Claim claim : List.copyOf(claims)) {
                if (claim.answer().isPresent()) {
                    claims.remove(claim);
                    residents.leave(claim, now);
                    obey();
                }
            }
            letAllHappen();
            check();
        }
        assertThat(claims).as("who is never answered").isEmpty();
    }

    private void letAllHappen() {
        for (String id : IDS) {
            answer();
            obey();
            begin(id, true);
            obey();
            if (engines.containsKey(id) && engines.get(id).status() instanceof EngineStatus.Loading) {
                engines.get(id).ready();
            }
            gone(id);
            obey();
        }
        tick(Duration.ofMillis(100));
        obey();
    }

    private void allGoAway() {
        for (int round = 0; round < ROUNDS && !inMemory.isEmpty(); round++) {
            mayLeave.addAll(IDS);
            IDS.forEach(id -> residents.unload(id, "a test asked for it", now));
            obey();
            letAllHappen();
        }
        assertThat(residents.used()).isEqualTo(Footprint.NONE);
        assertThat(residents.isEmpty()).isTrue();
        assertThat(engines).isEmpty();
    }
}
