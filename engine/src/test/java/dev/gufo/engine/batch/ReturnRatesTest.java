package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReturnRatesTest {
    private final ReturnRates returns = new ReturnRates();

    @Test
    void atFirstAGuessIsTaken() {
        assertThat(returns.evicted(0.3, 100)).isCloseTo(0.3, within(1e-9));
    }

    @Test
    void whereNothingComesBackNothingIsExpectedTo() {
        for (int i = 0; i < 100; i++) {
            returns.evicted(0.5, 200);
        }
        assertThat(returns.evicted(0.5, 200)).isLessThan(0.05);
        assertThat(returns.evicted(0.9, 200))
                .as("what was used often, all the same")
                .isLessThan(0.3);
    }

    @Test
    void whereAllComesBackThatIsExpected() {
        for (int i = 0; i < 100; i++) {
            returns.evicted(0.5, 200);
            returns.returned(200);
        }
        assertThat(returns.evicted(0.5, 200)).isBetween(0.6, 0.7);
    }

    @Test
    void shortPromptsTeachNothingAboutLongOnes() {
        for (int i = 0; i < 100; i++) {
            returns.evicted(0.5, 200);
        }
        assertThat(returns.evicted(0.5, 20_000)).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void aChangeOfClientsIsLearned() {
        for (int i = 0; i < 1_000; i++) {
            returns.evicted(0.5, 200);
        }
        for (int i = 0; i < 50; i++) {
            returns.evicted(0.5, 200);
            returns.returned(200);
        }
        assertThat(returns.evicted(0.5, 200)).isGreaterThan(0.5);
    }
}
