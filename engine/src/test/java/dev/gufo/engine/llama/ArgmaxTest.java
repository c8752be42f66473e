package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ArgmaxTest {
    @Test
    void theFirstOfTheLargestIsFoundWhereverItIs() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 500; round++) {
            float[] row = new float[random.nextInt(1, 3_000)];
            for (int i = 0; i < row.length; i++) {
                row[i] = random.nextInt(-20, 20); // few values, so that there are ties
            }
            int expected = 0;
            for (int i = 1; i < row.length; i++) {
                expected = row[i] > row[expected] ? i : expected;
            }
            assertThat(new Argmax(row.length).of(MemorySegment.ofArray(row))).isEqualTo(expected);
        }
    }

    @Test
    void minusInfinityIsANumber() {
        float[] row = {Float.NEGATIVE_INFINITY, -5f, Float.NEGATIVE_INFINITY};
        assertThat(new Argmax(3).of(MemorySegment.ofArray(row))).isEqualTo(1);
    }

    @Test
    void logitsThatAreNoNumbersAreAFailure() {
        float[] row = {1f, Float.NaN, 2f};
        assertThatThrownBy(() -> new Argmax(3).of(MemorySegment.ofArray(row))).isInstanceOf(DecodeFailed.class);
    }
}
