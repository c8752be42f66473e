package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Owner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EmbeddingQueueTest {
    private static final Owner CROWD = new Owner("crowd", 1);
    private static final Owner ONE = new Owner("one", 1);

    private final EmbeddingQueue queue = new EmbeddingQueue();

    @Test
    void anOwnersSingleRequestIsNextWhateverAnotherHasWaiting() {
        for (int i = 0; i < 1_000; i++) {
            queue.add(job(CROWD, 1, 10));
        }
        for (int i = 0; i < 5; i++) {
            assertThat(take(100).orElseThrow().job().owner()).isEqualTo(CROWD);
        }
        queue.add(job(ONE, 1, 10));
        List<String> next = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            next.add(take(100).orElseThrow().job().owner().id());
        }
        assertThat(next).contains("one");
    }

    @Test
    void requestsOfOneOwnerTakeTurns() {
        EmbeddingJob many = job(CROWD, 100, 10);
        EmbeddingJob single = job(CROWD, 1, 10);
        queue.add(many);
        queue.add(single);
        assertThat(take(100).orElseThrow().job()).isSameAs(many);
        assertThat(take(100).orElseThrow().job()).isSameAs(single);
        assertThat(take(100).orElseThrow().job()).isSameAs(many);
    }

    @Test
    void thoseThatCanWaitAreInNoBatchWithOthers() {
        Owner patient = new Owner("batches", 10, true);
        queue.add(job(patient, 3, 10));
        queue.add(job(ONE, 2, 10));
        assertThat(queue.take(100, true).orElseThrow().job().owner()).isEqualTo(ONE);
        assertThat(queue.take(90, false).orElseThrow().job().owner()).isEqualTo(ONE);
        assertThat(queue.take(80, false)).isEmpty();
        assertThat(queue.take(100, true).orElseThrow().job().owner()).isEqualTo(patient);
        assertThat(queue.take(90, false).orElseThrow().job().owner()).isEqualTo(patient);
    }

    @Test
    void ownersGetTokensByTheirWeights() {
        queue.add(job(new Owner("light", 1), 1_000, 10));
        queue.add(job(new Owner("heavy", 3), 1_000, 5));
        Map<String, Integer> tokens = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            var input = take(100).orElseThrow();
            tokens.merge(input.job().owner().id(), input.tokens().length, Integer::sum);
        }
        assertThat((double) tokens.get("heavy") / tokens.get("light")).isBetween(2.8, 3.2);
    }

    @Test
    void whatWasTooLargeForTheRestOfABatchBeginsTheNext() {
        EmbeddingJob large = job(CROWD, 1, 90);
        queue.add(job(ONE, 50, 10));
        queue.add(large);
        assertThat(queue.take(100, true).orElseThrow().job().owner()).isEqualTo(ONE);
        assertThat(queue.take(50, false).orElseThrow().job().owner()).isEqualTo(ONE);
        assertThat(queue.take(100, true).orElseThrow().job()).isSameAs(large);
    }

    @Test
    void everyInputIsTakenOnceUnlessItsRequestIsRemoved() {
        var random = new Random(8);
        for (int round = 0; round < 200; round++) {
            List<EmbeddingJob> jobs = new ArrayList<>();
            int expected = 0;
            for (int i = 0; i < 20; i++) {
                int inputs = random.nextInt(1, 5);
                var job =
                        job(new Owner("o" + random.nextInt(4), random.nextInt(1, 10)), inputs, random.nextInt(1, 120));
                queue.add(job);
                if (random.nextInt(5) == 0) {
                    queue.remove(job);
                } else {
                    jobs.add(job);
                    expected += inputs;
                }
            }
            int taken = 0;
            while (!queue.isEmpty()) {
                int room = 100;
                boolean alone = true;
                for (var input = queue.take(room, alone); input.isPresent(); input = queue.take(room, false)) {
                    assertThat(jobs).contains(input.get().job());
                    assertThat(alone || input.get().tokens().length <= room).isTrue();
                    room -= input.get().tokens().length;
                    alone = false;
                    taken++;
                }
            }
            assertThat(taken).isEqualTo(expected);
        }
    }

    private Optional<EmbeddingQueue.Input> take(int room) {
        return queue.take(room, false);
    }

    private static EmbeddingJob job(Owner owner, int inputs, int tokens) {
        var request = new EmbeddingRequest(Collections.nCopies(inputs, new int[tokens]), owner);
        return new EmbeddingJob(request, event -> {}, () -> {});
    }
}
