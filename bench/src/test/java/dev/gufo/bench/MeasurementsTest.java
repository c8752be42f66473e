package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementsTest {
    private static final long MILLI = 1_000_000;

    private static RequestOutcome.Completed answer(long end, long completionTokens, long... times) {
        var tokens = new TokenTimes();
        for (long time : times) {
            tokens.add(time * MILLI);
        }
        return new RequestOutcome.Completed(tokens, Optional.of(new TokenUsage(10, 4, completionTokens)), end * MILLI);
    }

    @Test
    void latenciesCountFromTheArrivalAndRatesFromTheStart() {
        var measurements = new Measurements(0);
        measurements.record(0, answer(400, 3, 100, 200, 300));
        measurements.record(500 * MILLI, answer(1_000, 2, 700, 900));
        Figures figures = measurements.figures(2);
        assertThat(figures.seconds()).isEqualTo(1.0);
        assertThat(figures.completed()).isEqualTo(2);
        assertThat(figures.completionTokens()).isEqualTo(5);
        assertThat(figures.tokensPerSecond()).isEqualTo(5.0);
        assertThat(figures.promptTokens()).isEqualTo(20);
        assertThat(figures.cachedTokens()).isEqualTo(8);
        assertThat(figures.firstToken().mean()).isCloseTo(150, within(0.2));
        assertThat(figures.tokenGap().count()).isEqualTo(3);
        assertThat(figures.tokenGap().max()).isCloseTo(200, within(0.2));
        assertThat(figures.total().mean()).isCloseTo(450, within(0.5));
        assertThat(figures.saturatedTokensPerSecond()).isEmpty();
    }

    @Test
    void goodputCountsAnswersThatKeepToAllTimes() {
        var measurements = new Measurements(0);
        measurements.record(0, answer(400, 4, 100, 200, 300, 400)); // 100, then 100 for each of three
        measurements.record(500 * MILLI, answer(1_000, 2, 700, 900)); // 200, then 300
        Figures figures = measurements.figures(2);
        assertThat(figures.goodput(Objectives.parse("ttft:150"))).isEqualTo(1.0);
        assertThat(figures.goodput(Objectives.parse("ttft:200,tpot:300,e2el:500")))
                .isEqualTo(2.0);
        assertThat(figures.goodput(Objectives.parse("TTFT:250, tpot:99.5"))).isZero();
        assertThat(figures.goodput(Objectives.parse("e2el:450"))).isEqualTo(1.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ttft", "ttft:", "ttft:-1", "itl:5", "ttft:5;tpot:6", "ttft:5,"})
    void whatIsNoTimesIsRefused(String text) {
        assertThatThrownBy(() -> Objectives.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ttft:MS");
    }

    @Test
    void failuresAreCountedByKindAndInNoLatency() {
        var measurements = new Measurements(0);
        measurements.record(0, new RequestOutcome.Failed(new Failure.Refused(503, "queue_full"), 5));
        measurements.record(0, new RequestOutcome.Failed(new Failure.Refused(503, "queue_full"), 6));
        measurements.record(0, new RequestOutcome.Failed(Failure.Broken.CUT, 7));
        Figures figures = measurements.figures(1);
        assertThat(figures.failures())
                .isEqualTo(Map.of("HTTP 503 queue_full", 2L, "connection closed within the response", 1L));
        assertThat(figures.failed()).isEqualTo(3);
        assertThat(figures.total()).isEqualTo(new Latency(0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void theSaturatedRateLeavesOutWhatCameAfterTheFirstClientWasIdle() {
        var measurements = new Measurements(0);
        measurements.record(0, answer(1_000, 8, 250, 500, 750, 1_000)); // 2 tokens an event
        measurements.exhausted(1_000 * MILLI);
        measurements.record(0, answer(9_000, 8, 500, 1_000, 5_000, 9_000));
        measurements.exhausted(9_000 * MILLI);
        assertThat(measurements.figures(2).saturatedTokensPerSecond()).hasValue(12.0);
    }

    @Test
    void withoutUsageTheEventsAreCounted() {
        var measurements = new Measurements(0);
        var tokens = new TokenTimes();
        tokens.add(1);
        tokens.add(2);
        measurements.record(0, new RequestOutcome.Completed(tokens, Optional.empty(), 3));
        assertThat(measurements.figures(1).completionTokens()).isEqualTo(2);
        assertThat(measurements.figures(1).withoutUsage()).isEqualTo(1);
    }
}
