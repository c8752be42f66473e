package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PrefillBudgetTest {
    private final PrefillBudget budget = new PrefillBudget(Duration.ofMillis(200), 512);

    @Test
    void withoutAnyStreamAStepIsFilledWithPrompts() {
        assertThat(budget.tokens(0)).isEqualTo(512);
    }

    @Test
    void besideStreamsAPromptGetsWhatFitsTheTargetGap() {
        for (int i = 0; i < 50; i++) {
            budget.observe(500, 500, Duration.ofMillis(2_500).toNanos()); // 5 ms a token
        }
        assertThat(budget.tokens(1)).isEqualTo(40);
    }

    @Test
    void aSlowModelStillGetsOnWithItsPrompts() {
        budget.observe(512, 512, Duration.ofMinutes(1).toNanos());
        assertThat(budget.tokens(3)).isEqualTo(16);
    }

    @Test
    void aFastModelIsHeldBackByTheStepOnly() {
        budget.observe(512, 512, Duration.ofMillis(1).toNanos());
        assertThat(budget.tokens(3)).isEqualTo(512);
    }

    @Test
    void stepsOfDecodingTeachNothingAboutPrefill() {
        int before = budget.tokens(1);
        budget.observe(0, 16, Duration.ofSeconds(1).toNanos());
        assertThat(budget.tokens(1)).isEqualTo(before);
    }

    @Test
    void aStepInWhichADriverCompiledIsForgottenByTheNext() {
        budget.observe(500, 500, Duration.ofMillis(2_500).toNanos()); // 5 ms a token
        budget.observe(40, 41, Duration.ofSeconds(60).toNanos());
        assertThat(budget.tokens(1)).isEqualTo(16);
        budget.observe(16, 17, Duration.ofMillis(85).toNanos());
        assertThat(budget.tokens(1)).isEqualTo(40);
    }

    @Test
    void chunksGetSmallerAsTheSameTokensTakeLonger() {
        int before = budget.tokens(1);
        for (int millis : new int[] {2, 4, 8}) { // attention looks at more cells from chunk to chunk
            int chunk = budget.tokens(1);
            budget.observe(
                    chunk,
                    chunk + 1,
                    Duration.ofMillis((long) millis * (chunk + 1)).toNanos());
            assertThat(budget.tokens(1)).isLessThan(before);
            before = budget.tokens(1);
        }
    }

    @Test
    void promptsThatCanWaitMakeShortSteps() {
        budget.observe(512, 512, Duration.ofMillis(128).toNanos()); // a quarter of a millisecond a token
        assertThat(budget.preemptibleTokens()).isEqualTo(100);
        budget.observe(512, 512, Duration.ofMinutes(1).toNanos());
        assertThat(budget.preemptibleTokens()).isEqualTo(64);
    }
}
