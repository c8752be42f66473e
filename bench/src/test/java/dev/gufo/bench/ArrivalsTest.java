package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static long[] gaps(double perSecond, long seed) {
        var arrivals = new Arrivals.Poisson(perSecond);
        var random = new SplittableRandom(seed);
        return LongStream.range(0, 50_000).map(_ -> arrivals.gapNanos(random)).toArray();
    }

    @Test
    void poissonArrivalsComeAtTheirRateAndVaryAsMuchAsTheirMean() {
        var gaps = LongStream.of(gaps(40, 1)).asDoubleStream().summaryStatistics();
        assertThat(gaps.getAverage()).isCloseTo(25e6, within(0.5e6));
        assertThat(gaps.getMin()).isGreaterThanOrEqualTo(0);
        double variance = LongStream.of(gaps(40, 1))
                .mapToDouble(gap -> (gap - 25e6) * (gap - 25e6))
                .average()
                .orElseThrow();
        assertThat(Math.sqrt(variance)).isCloseTo(25e6, within(1e6));
    }

    @Test
    void theSameSeedMakesTheSameArrivals() {
        assertThat(gaps(5, 7)).isEqualTo(gaps(5, 7)).isNotEqualTo(gaps(5, 8));
    }

    @Test
    void ratesAndClientsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Poisson(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Poisson(Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.ClosedLoop(0));
    }
}
