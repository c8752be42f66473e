package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LengthsTest {
    private static final int DRAWS = 20_000;

    private static int[] draw(String text, long seed) {
        Lengths lengths = Lengths.parse(text);
        var random = new SplittableRandom(seed);
        return IntStream.range(0, DRAWS).map(_ -> lengths.draw(random)).toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed:7", "uniform:5..9", "lognormal:100.0,0.5"})
    void theSameSeedDrawsTheSameLengths(String text) {
        assertThat(draw(text, 3)).isEqualTo(draw(text, 3));
        assertThat(Lengths.parse(text)).hasToString(text);
    }

    @Test
    void aBareNumberIsFixed() {
        assertThat(draw("42", 1)).containsOnly(42);
    }

    @Test
    void uniformReachesBothEndsAndNothingElse() {
        assertThat(draw("uniform:5..9", 1)).containsOnly(5, 6, 7, 8, 9);
    }

    @Test
    void lognormalHasItsMedianAndSpread() {
        int[] lengths = draw("lognormal:200,0.5", 1);
        int[] sorted = IntStream.of(lengths).sorted().toArray();
        assertThat(sorted[DRAWS / 2]).isCloseTo(200, within(6));
        // One sigma above the median lies at 84.1 %.
        assertThat(sorted[(int) (DRAWS * 0.841)]).isCloseTo(330, within(15));
    }

    @Test
    void lognormalStaysInRangeHoweverWide() {
        var lengths = IntStream.of(draw("lognormal:1000,10", 1)).summaryStatistics();
        assertThat(lengths.getMin()).isEqualTo(1);
        assertThat(lengths.getMax()).isEqualTo(Lengths.MAX);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "fixed:0",
                "fixed:-1",
                "fixed:x",
                "uniform:9..5",
                "uniform:5",
                "uniform:0..5",
                "lognormal:100",
                "lognormal:0,1",
                "lognormal:10,-1",
                "lognormal:NaN,1",
                "normal:1,2",
                "fixed:1000001"
            })
    void whatIsNoDistributionIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Lengths.parse(text));
    }
}
