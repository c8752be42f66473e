package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Admission;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private static final Owner CROWD = new Owner("crowd", 1);
    private static final Owner ONE = new Owner("one", 1);

    @Test
    void aThousandRequestsOfOneOwnerDelayAnothersByOneTurn() {
        FairQueue queue = new FairQueue();
        for (int i = 0; i < 1_000; i++) {
            queue.add(sequence(CROWD));
        }
        take(queue);
        queue.add(sequence(ONE));
        assertThat(List.of(take(queue), take(queue))).contains(ONE);
    }

    @Test
    void anOwnerIsServedInProportionToItsWeight() {
        FairQueue queue = new FairQueue();
        Owner heavy = new Owner("heavy", 3);
        for (int i = 0; i < 400; i++) {
            queue.add(sequence(heavy));
            queue.add(sequence(ONE));
        }
        int served = 0;
        for (int i = 0; i < 400; i++) {
            served += take(queue).equals(heavy) ? 1 : 0;
        }
        assertThat(served).isBetween(299, 301);
    }

    @Test
    void whoWasAwayHasSavedUpNoTurns() {
        FairQueue queue = new FairQueue();
        for (int i = 0; i < 300; i++) {
            queue.add(sequence(CROWD));
        }
        for (int i = 0; i < 100; i++) {
            take(queue);
        }
        for (int i = 0; i < 100; i++) {
            queue.add(sequence(ONE));
        }
        int ones = 0;
        for (int i = 0; i < 20; i++) {
            ones += take(queue).equals(ONE) ? 1 : 0;
        }
        assertThat(ones).isBetween(9, 11);
    }

    @Test
    void requestsOfOneOwnerKeepTheirOrderAndHeldOnesTheirPlace() {
        FairQueue queue = new FairQueue();
        List<Sequence> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(sequence(ONE));
            queue.add(all.get(i));
        }
        assertThat(queue.take(sequence -> sequence != all.get(0))).containsSame(all.get(1));
        assertThat(queue.take(sequence -> true)).containsSame(all.get(0));
        assertThat(queue.take(sequence -> true)).containsSame(all.get(2));
    }

    @Test
    void aRequestThatSteppedBackComesFirst() {
        FairQueue queue = new FairQueue();
        queue.add(sequence(CROWD));
        Sequence back = sequence(ONE);
        queue.addFirst(back);
        assertThat(queue.take(sequence -> true)).containsSame(back);
    }

    @Test
    void nothingIsLostOrServedTwice() {
        Random random = new Random(5);
        FairQueue queue = new FairQueue();
        List<Sequence> waiting = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    Sequence sequence = sequence(new Owner("k" + random.nextInt(4), 1 + random.nextInt(3)));
                    waiting.add(sequence);
                    if (random.nextInt(10) == 0) {
                        queue.addFirst(sequence);
                    } else {
                        queue.add(sequence);
                    }
                }
                case 2 -> {
                    if (!waiting.isEmpty()) {
                        Sequence gone = waiting.remove(random.nextInt(waiting.size()));
                        assertThat(queue.remove(gone)).isTrue();
                        assertThat(queue.remove(gone)).isFalse();
                    }
                }
                default -> {
                    Optional<Sequence> taken = queue.take(sequence -> true);
                    assertThat(taken.isPresent()).isEqualTo(!waiting.isEmpty());
                    taken.ifPresent(
                            sequence -> assertThat(waiting.remove(sequence)).isTrue());
                }
            }
            assertThat(queue.size()).isEqualTo(waiting.size());
        }
        assertThat(queue.drain()).hasSameSizeAs(waiting);
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aFullQueueTakesThoseWhoHaveLessThanTheirShare() {
        Admission places = new Admission(2, 8);
        Map<String, List<Runnable>> held = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            held.computeIfAbsent("crowd", _ -> new ArrayList<>()).add(places.take("crowd"));
        }
        assertThatThrownBy(() -> places.take("crowd")).isInstanceOf(EngineException.Refused.class);
        for (int i = 0; i < 5; i++) {
            held.computeIfAbsent("one", _ -> new ArrayList<>()).add(places.take("one"));
        }
        assertThatThrownBy(() -> places.take("one")).isInstanceOf(EngineException.Refused.class);
        assertThat(places.taken()).isEqualTo(15);
        held.values().forEach(list -> list.forEach(Runnable::run));
        assertThat(places.taken()).isZero();
        places.take("crowd").run();
    }

    private static Owner take(FairQueue queue) {
        return queue.take(sequence -> true).orElseThrow().request().owner();
    }

    @Test
    void allOfAKindAreTakenOutWhereverTheyAre() {
        FairQueue queue = new FairQueue();
        List<Sequence> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(sequence(i % 2 == 0 ? ONE : CROWD));
            queue.add(all.getLast());
        }
        Sequence resumed = queue.take(sequence -> true).orElseThrow();
        queue.addFirst(resumed);
        assertThat(queue.takeAll(sequence -> sequence.request().owner().equals(ONE)))
                .containsExactlyInAnyOrder(all.get(0), all.get(2), all.get(4));
        assertThat(queue.size()).isEqualTo(3);
        assertThat(queue.drain()).containsExactlyInAnyOrder(all.get(1), all.get(3), all.get(5));
    }

    private static Sequence sequence(Owner owner) {
        var request = GenerationRequest.of(new int[] {1}, 1).build().ownedBy(owner);
        return new Sequence(
                request, Optional.empty(), Optional.empty(), Optional.empty(), 64, 0, event -> {}, () -> {});
    }
}
