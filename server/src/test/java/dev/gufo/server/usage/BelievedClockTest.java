package dev.gufo.server.usage;

import static dev.gufo.server.usage.Requests.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BelievedClockTest {
    private static final Duration AHEAD = Duration.ofDays(200);

    private Duration uptime = Duration.ZERO;

    @Test
    void aServerThatWasOffForDaysBelievesItsClock() {
        Instant now = NOON.plus(Duration.ofDays(6));
        assertThat(new BelievedClock(NOON, now, 0).look(now, 0)).contains(now);
    }

    @Test
    void aClockThatIsFarAheadIsNotBelieved() {
        Instant now = NOON.plus(AHEAD);
        var clock = new BelievedClock(NOON, now, 0);
        assertThat(clock.look(now, 0)).isEmpty();
        assertThat(after(clock, Duration.ofHours(23), AHEAD)).isFalse();
    }

    @Test
    void aClockThatIsPutRightIsBelievedAtOnce() {
        var clock = new BelievedClock(NOON, NOON.plus(AHEAD), 0);
        assertThat(after(clock, Duration.ZERO, AHEAD)).isFalse();
        assertThat(after(clock, Duration.ofMinutes(10), Duration.ZERO)).isTrue();
    }

    @Test
    void aClockThatRunsEvenlyForADayIsBelieved() {
        var clock = new BelievedClock(NOON, NOON.plus(AHEAD), 0);
        boolean believed = false;
        for (int look = 0; look < 24 * 6; look++) {
            assertThat(believed).isFalse();
            believed = after(clock, Duration.ofMinutes(look == 0 ? 0 : 10), AHEAD);
        }
        assertThat(after(clock, Duration.ofMinutes(10), AHEAD)).isTrue();
    }

    @Test
    void aClockThatIsSetInBetweenHasToProveItselfAnew() {
        var clock = new BelievedClock(NOON, NOON.plus(AHEAD), 0);
        assertThat(after(clock, Duration.ZERO, AHEAD)).isFalse();
        assertThat(after(clock, Duration.ofHours(20), AHEAD)).isFalse();
        assertThat(after(clock, Duration.ofHours(1), AHEAD.plusHours(5))).isFalse();
        assertThat(after(clock, Duration.ofHours(23), AHEAD.plusHours(5))).isFalse();
        assertThat(after(clock, Duration.ofHours(2), AHEAD.plusHours(5))).isTrue();
    }

    @Test
    void aClockThatJumpsAheadWhileTheServerRunsIsNotBelieved() {
        var clock = new BelievedClock(NOON, NOON, 0);
        assertThat(after(clock, Duration.ofMinutes(10), Duration.ZERO)).isTrue();
        assertThat(after(clock, Duration.ofMinutes(10), AHEAD)).isFalse();
    }

    /**
     * Whether the clock is believed when the server has run for {@code more} again, with the wall clock that far ahead.
     */
    private boolean after(BelievedClock clock, Duration more, Duration ahead) {
        uptime = uptime.plus(more);
        return clock.look(NOON.plus(ahead).plus(uptime), uptime.toNanos()).isPresent();
    }
}
