package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
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

    private static Sequence sequence(AdapterScale... adapters) {
        var request =
                new GenerationRequest(new int[] {1}, 1, false, Sampling.LLAMA_CPP_DEFAULTS, "").with(List.of(adapters));
        return new Sequence(request, Optional.empty(), Optional.empty(), 8, event -> {}, () -> {});
    }

    private static AdapterScale adapter(String id) {
        return new AdapterScale(id, 1);
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

    /** Sets come and go at random; whoever has a running sequence is served within a turn of each of the others. */
    @Test
    void nobodyStarves() {
        for (long seed = 0; seed < 200; seed++) {
            var random = new SplittableRandom(seed);
            var fresh = new AdapterTurns(TURN, set -> {});
            Map<Sequence, Integer> waited = new HashMap<>();
            List<Sequence> running = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                if (running.size() < 6 && random.nextInt(3) > 0) {
                    running.add(random.nextInt(4) == 0 ? sequence() : sequence(adapter("" + random.nextInt(5))));
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
                // Steps of no time at all make turns long: a turn is 3 steps on average, 60 is beyond any that can be
                // met.
                assertThat(waited.values()).allMatch(steps -> steps < 60);
            }
        }
    }
}
