package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AdapterTurnsTest {
    private static final long STEP = 10;
    private static final Duration TURN = Duration.ofNanos(3 * STEP);

    private final List<List<AdapterScale>> changes = new ArrayList<>();
    private final AdapterTurns turns = new AdapterTurns(TURN, changes::add);

    private static final Owner MANY = new Owner("many", 1);
    private static final Owner ONE = new Owner("one", 1);
    private static final Owner HEAVY = new Owner("heavy", 3);

    private static Sequence sequence(AdapterScale... adapters) {
        return sequence(Owner.ANYONE, adapters);
    }

    private static Sequence sequence(Owner owner, AdapterScale... adapters) {
        var request = GenerationRequest.of(new int[] {1}, 1)
                .build()
                .with(List.of(adapters))
                .ownedBy(owner);
        return new Sequence(request, Optional.empty(), Optional.empty(), Optional.empty(), 8, 0, event -> {}, () -> {});
    }

    private static AdapterScale adapter(String id) {
        return new AdapterScale(id, 1);
    }

    /** One sequence for each of so many scales of one adapter. */
    private static List<Sequence> sets(Owner owner, int count) {
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            sequences.add(sequence(owner, new AdapterScale("a", i / 100f)));
        }
        return sequences;
    }

    /** In how many of the steps each was served. */
    private Map<Sequence, Integer> served(List<Sequence> running, int steps) {
        Map<Sequence, Integer> served = new HashMap<>();
        running.forEach(sequence -> served.put(sequence, 0));
        for (int i = 0; i < steps; i++) {
            step(running).forEach(sequence -> served.merge(sequence, 1, Integer::sum));
        }
        return served;
    }

    private static int of(Owner owner, Map<Sequence, Integer> served) {
        return served.entrySet().stream()
                .filter(entry -> entry.getKey().request().owner().equals(owner))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    private List<Sequence> step(List<Sequence> running) {
        List<Sequence> entering = turns.next(running);
        turns.spent(STEP);
        return entering;
    }

    @Test
    void withoutAdaptersEverySequenceEntersEveryStep() {
        List<Sequence> running = List.of(sequence(), sequence());
        for (int i = 0; i < 10; i++) {
            assertThat(step(running)).isEqualTo(running);
        }
        assertThat(changes).isEmpty();
    }

    @Test
    void aSetKeepsItsTurnForSomeStepsAndThenMakesRoom() {
        Sequence plain = sequence();
        Sequence adapted = sequence(adapter("a"));
        List<Sequence> order = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            order.addAll(step(List.of(plain, adapted)));
        }
        assertThat(order)
                .containsExactly(
                        plain, plain, plain, adapted, adapted, adapted, plain, plain, plain, adapted, adapted, adapted);
        assertThat(changes).hasSize(3);
    }

    @Test
    void newSequencesOfTheSetJoinAtOnce() {
        Sequence first = sequence(adapter("a"));
        Sequence other = sequence(adapter("b"));
        assertThat(step(List.of(first, other))).containsExactly(first);
        Sequence second = sequence(adapter("a"));
        assertThat(step(List.of(first, other, second))).containsExactly(first, second);
    }

    @Test
    void aSetThatHasNothingMoreToDoGivesItsTurnAway() {
        Sequence first = sequence(adapter("a"));
        Sequence other = sequence(adapter("b"));
        assertThat(step(List.of(first, other))).containsExactly(first);
        assertThat(step(List.of(other))).containsExactly(other);
        assertThat(step(List.of())).isEmpty();
        assertThat(step(List.of(other))).containsExactly(other);
        assertThat(changes).containsExactly(List.of(adapter("a")), List.of(adapter("b")));
    }

    @Test
    void theSameAdaptersInAnotherOrderAreTheSameSetAndScaleNoughtIsNone() {
        Sequence one = sequence(adapter("a"), adapter("b"));
        Sequence same = sequence(adapter("b"), new AdapterScale("c", 0), adapter("a"));
        assertThat(step(List.of(one, same))).containsExactly(one, same);
    }

    @Test
    void manySetsOfOneOwnerLeaveAnotherHalfOfTheTime() {
        Sequence plain = sequence(ONE);
        List<Sequence> running = new ArrayList<>(sets(MANY, 31));
        running.add(plain);
        Map<Sequence, Integer> served = served(running, 6 * 31);
        assertThat(served.get(plain)).isEqualTo(3 * 31);
        served.remove(plain);
        assertThat(served.values()).containsOnly(3); // and among its own sets it shares as well
    }

    @Test
    void anOwnerHasTimeInProportionToItsWeight() {
        List<Sequence> running = new ArrayList<>(sets(MANY, 5));
        running.add(sequence(HEAVY));
        Map<Sequence, Integer> served = served(running, 1_200);
        assertThat(of(HEAVY, served)).isBetween(890, 910);
    }

    @Test
    void aTurnCountsForAllWhomItServes() {
        List<Sequence> running = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            running.add(sequence(new Owner("plain" + i, 1)));
        }
        running.addAll(sets(MANY, 3));
        Map<Sequence, Integer> served = served(running, 600);
        assertThat(of(MANY, served)).isBetween(290, 310);
        assertThat(served.get(running.getFirst())).isBetween(290, 310);
    }

    @Test
    void whoIsServedWithOthersStillGetsToItsOtherSets() {
        Sequence adapted = sequence(ONE, adapter("a"));
        Map<Sequence, Integer> served = served(List.of(sequence(HEAVY), sequence(ONE), adapted), 1_200);
        assertThat(served.get(adapted)).isBetween(290, 310);
    }

    @Test
    void timeAloneIsNeitherSavedNorOwed() {
        List<Sequence> together = List.of(sequence(ONE), sequence(HEAVY));
        served(together, 1_000);
        List<Sequence> running = List.of(together.getFirst(), sequence(MANY, adapter("a")));
        assertThat(of(MANY, served(running, 60))).isBetween(27, 33);
    }

    @Test
    void longStepsCountByTheirTime() {
        Sequence slow = sequence(MANY, adapter("a"));
        Sequence fast = sequence(ONE);
        int slowSteps = 0;
        for (int i = 0; i < 1_000; i++) {
            boolean isSlow = turns.next(List.of(slow, fast)).contains(slow);
            turns.spent(isSlow ? 9 * STEP : STEP);
            slowSteps += isSlow ? 1 : 0;
        }
        assertThat(slowSteps).isBetween(95, 105);
    }

    /** Sets come and go at random; whoever has a running sequence is served within some turns of each of the others. */
    @Test
    void nobodyStarves() {
        List<Owner> owners = List.of(ONE, MANY, HEAVY);
        for (long seed = 0; seed < 200; seed++) {
            var random = new SplittableRandom(seed);
            var fresh = new AdapterTurns(TURN, set -> {});
            Map<Sequence, Integer> waited = new HashMap<>();
            List<Sequence> running = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                if (running.size() < 6 && random.nextInt(3) > 0) {
                    Owner owner = owners.get(random.nextInt(1 + (int) seed % owners.size()));
                    running.add(
                            random.nextInt(4) == 0
                                    ? sequence(owner)
                                    : sequence(owner, adapter("" + random.nextInt(5))));
                } else if (!running.isEmpty() && random.nextBoolean()) {
                    waited.remove(running.remove(random.nextInt(running.size())));
                }
                List<Sequence> entering = fresh.next(running);
                fresh.spent(random.nextLong(2 * STEP));
                assertThat(entering.isEmpty()).isEqualTo(running.isEmpty());
                assertThat(entering.stream().map(sequence -> sequence.request().adapters()))
                        .allMatch(
                                entering.isEmpty()
                                        ? any -> true
                                        : entering.getFirst().request().adapters()::equals);
                running.forEach(sequence -> waited.merge(sequence, 1, Integer::sum));
                entering.forEach(sequence -> waited.put(sequence, 0));
                // A turn is 3 steps on average, and there are up to 4 of other owners for each of the up to 6 own sets.
                assertThat(waited.values()).allMatch(steps -> steps < 150);
            }
        }
    }
}
