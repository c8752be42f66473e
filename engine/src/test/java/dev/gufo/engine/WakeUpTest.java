package dev.gufo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WakeUpTest {
    private final WakeUp wakeUp = new WakeUp();

    @Test
    void noChangeIsSleptThrough() throws InterruptedException {
        var changes = new AtomicInteger();
        Thread changing = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 100_000; i++) {
                changes.incrementAndGet();
                wakeUp.wake();
            }
        });
        while (changes.get() < 100_000) {
            wakeUp.await();
        }
        changing.join();
        assertThat(changes).hasValue(100_000);
    }

    @Test
    void aWakeUpBeforeTheWaitEndsItAtOnceAndSeveralCountAsOne() throws InterruptedException {
        wakeUp.wake();
        wakeUp.wake();
        wakeUp.await(Duration.ofDays(1_000_000));
        wakeUp.await(Duration.ofMillis(1));
        wakeUp.await(Duration.ofMillis(-1));
        Thread waiting = Thread.currentThread();
        Thread.ofVirtual().start(() -> {
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            wakeUp.wake();
        });
        wakeUp.await(); // both were one, so this waits for the third
    }
}
