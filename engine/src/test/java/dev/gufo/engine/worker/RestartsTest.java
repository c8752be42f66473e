package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartsTest {
    private static final Duration SHORT = Duration.ofSeconds(59);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Restarts restarts = new Restarts(Backoff.DEFAULT);

    @Test
    void pausesDoubleUpToTheLongest() {
        assertThat(Stream.generate(() -> restarts.afterService(SHORT).toMillis())
                        .limit(9))
                .containsExactly(500L, 1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 30_000L, 30_000L, 30_000L);
    }

    @Test
    void aMinuteOfHealthForgetsThem() {
        restarts.afterService(SHORT);
        restarts.afterService(SHORT);
        assertThat(restarts.afterService(LONG)).isEqualTo(Duration.ofMillis(500));
        assertThat(restarts.afterService(SHORT)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theFifthDeathInARowWhileLoadingIsTheLast() {
        for (int i = 0; i < 4; i++) {
            assertThat(restarts.afterLoading()).isPresent();
        }
        assertThat(restarts.afterLoading()).isEmpty();
    }

    @Test
    void onlyDeathsInARowCount() {
        for (int i = 0; i < 20; i++) {
            assertThat(restarts.afterLoading()).isPresent();
            restarts.afterService(Duration.ZERO);
        }
    }
}
