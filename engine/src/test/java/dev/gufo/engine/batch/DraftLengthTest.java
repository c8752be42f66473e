package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DraftLengthTest {
    private static StepCost cost(long one, long perToken) {
        var cost = new StepCost();
        IntStream.rangeClosed(1, 32).forEach(tokens -> cost.observe(tokens, one + (tokens - 1) * perToken));
        return cost;
    }

    @Test
    void whereAStepCostsTheSameGuessesThatAreRightGetLonger() {
        var length = new DraftLength(0.5);
        int first = length.of(0, 16, cost(1_000_000, 10_000));
        IntStream.range(0, 30).forEach(i -> length.observe(0, true));
        assertThat(length.of(0, 16, cost(1_000_000, 10_000)))
                .isGreaterThan(first)
                .isGreaterThan(8);
    }

    @Test
    void guessesThatAreWrongAreNotComputedUntilTheyBecomeRight() {
        var length = new DraftLength(0.5);
        StepCost cost = cost(1_000_000, 100_000);
        IntStream.range(0, 40).forEach(i -> length.observe(0, false));
        assertThat(length.of(0, 16, cost)).isZero();
        IntStream.range(0, 40).forEach(i -> length.observe(0, true));
        assertThat(length.of(0, 16, cost)).isPositive();
    }

    @Test
    void whereEachTokenCostsAsMuchAsAStepNothingIsGuessed() {
        var length = new DraftLength(0.5);
        IntStream.range(0, 40).forEach(i -> length.observe(0, true));
        assertThat(length.of(0, 16, cost(1_000_000, 1_000_000))).isZero();
    }

    @Test
    void withoutAnyMeasurementATokenMoreIsTakenToCostLittle() {
        assertThat(new StepCost().of(8)).isEqualTo(1);
        var cost = new StepCost();
        cost.observe(1, 1_000);
        assertThat(cost.of(8)).isBetween(1.0, 2.0);
        cost.observe(9, 5_000);
        assertThat(cost.of(5)).isEqualTo(3);
        assertThat(cost.of(9)).isEqualTo(5);
        assertThat(cost.of(19)).isBetween(5.0, 6.0);
    }
}
