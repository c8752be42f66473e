package dev.gufo.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentGapsTest {
    private final AtomicLong now = new AtomicLong(-Duration.ofDays(1).toNanos()); // nanoTime may begin anywhere
    private final RecentGaps gaps = new RecentGaps(now::get);

    @Test
    void percentilesAreThoseOfTheGaps() {
        assertThat(gaps.told()).isEmpty();
        for (int i = 1; i <= 1_000; i++) {
            gaps.add(i / 1_000.0, 1);
        }
        Metrics.Gaps told = gaps.told().orElseThrow();
        assertThat(told.tokens()).isEqualTo(1_000);
        assertThat(told.median()).isCloseTo(0.5, withinPercentage(6));
        assertThat(told.p99()).isCloseTo(0.99, withinPercentage(6));
    }

    @Test
    void whatIsOlderThanAMinuteIsForgotten() {
        gaps.add(1, 100);
        pass(30);
        gaps.add(0.01, 10);
        assertThat(gaps.told().orElseThrow().tokens()).isEqualTo(110);
        pass(40);
        assertThat(gaps.told().orElseThrow().p99()).isCloseTo(0.01, withinPercentage(6));
        pass(60);
        assertThat(gaps.told()).isEmpty();
        gaps.add(0.02, 1);
        assertThat(gaps.told().orElseThrow().tokens()).isEqualTo(1);
    }

    @Test
    void gapsOfAnyLengthAreCounted() {
        gaps.add(0, 1);
        gaps.add(1e9, 1);
        assertThat(gaps.told().orElseThrow().tokens()).isEqualTo(2);
    }

    private void pass(int seconds) {
        now.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }
}
