package dev.gufo.server.threads;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeriodicTest {
    @Test
    void aTurnThatFailsIsFollowedByTheNext() {
        var turns = new AtomicInteger();
        try (var _ = Periodic.start("a test's", Duration.ofMillis(1), () -> {
            if (turns.incrementAndGet() < 3) {
                fail(turns.get());
            }
        })) {
            await().until(() -> turns.get() > 3);
        }
    }

    private static void fail(int turn) {
        if (turn == 1) {
            throw new IllegalStateException("a test's");
        }
        throw new StackOverflowError("a test's");
    }
}
