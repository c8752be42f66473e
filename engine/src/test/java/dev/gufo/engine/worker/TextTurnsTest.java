package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.Owner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TextTurnsTest {
    private static final long LONG = TextTurns.SHORT + 1L;

    private final TextTurns turns = new TextTurns();
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());

    private Thread waiting(Owner owner) {
        Thread thread = Thread.ofVirtual().start(() -> {
            try (TextTurns.Turn _ = turns.await(owner, LONG)) {
                order.add(owner.id());
            } catch (InterruptedException e) {
                order.add("interrupted");
            }
        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return thread;
    }

    @Test
    void anOwnerWithManyLongTextsDelaysAnothersByOneTurn() throws InterruptedException {
        List<Thread> all = new ArrayList<>();
        try (TextTurns.Turn _ = turns.await(new Owner("first", 1), LONG)) {
            for (int i = 0; i < 5; i++) {
                all.add(waiting(new Owner("many", 1)));
            }
            all.add(waiting(new Owner("one", 1)));
            assertThat(order).isEmpty();
        }
        for (Thread thread : all) {
            thread.join();
        }
        assertThat(order.indexOf("one")).isLessThanOrEqualTo(1);
        assertThat(order).hasSize(6);
    }

    @Test
    void aShortTextWaitsForNobody() throws InterruptedException {
        try (TextTurns.Turn _ = turns.await(Owner.ANYONE, LONG);
                TextTurns.Turn _ = turns.await(Owner.ANYONE, TextTurns.SHORT)) {
            assertThat(order).isEmpty();
        }
    }

    @Test
    void whoGivesUpLeavesTheTurnToTheNext() throws InterruptedException {
        Thread gone;
        Thread next;
        try (TextTurns.Turn _ = turns.await(Owner.ANYONE, LONG)) {
            gone = waiting(Owner.ANYONE);
            next = waiting(new Owner("next", 3));
            gone.interrupt();
            gone.join();
        }
        next.join();
        assertThat(order).containsExactly("interrupted", "next");
        turns.await(Owner.ANYONE, LONG).close();
    }
}
