package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LargestTest {
    @Test
    void theFirstOfTheLargestIsFoundWhereverItIs() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 500; round++) {
            float[] row = row(random);
            int expected = 0;
            for (int i = 1; i < row.length; i++) {
                expected = row[i] > row[expected] ? i : expected;
            }
            assertThat(reading(row).first()).isEqualTo(expected);
        }
    }

    @Test
    void theLargestAreFoundHoweverManyAreWanted() {
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 500; round++) {
            float[] row = row(random);
            int count = random.nextInt(1, Math.min(row.length, 200) + 1);
            int[] found = reading(row).of(count);
            float[] sorted = row.clone();
            Arrays.sort(sorted);
            assertThat(found).doesNotHaveDuplicates();
            assertThat(IntStream.of(found).mapToDouble(i -> row[i]).sorted().toArray())
                    .isEqualTo(IntStream.range(row.length - count, row.length)
                            .mapToDouble(i -> sorted[i])
                            .toArray());
        }
    }

    @Test
    void aRowCanBeAskedAgainForMore() {
        SplittableRandom random = new SplittableRandom(3);
        var largest = new Largest(2_000);
        for (int round = 0; round < 50; round++) {
            float[] row = IntStream.range(0, 2_000)
                    .collect(() -> new float[2_000], (all, i) -> all[i] = (float) random.nextDouble(), (a, b) -> {});
            largest.read(MemorySegment.ofArray(row));
            int first = largest.first();
            assertThat(largest.of(1)).containsExactly(first);
            assertThat(largest.of(50)).contains(first);
            assertThat(largest.of(3)).contains(first);
        }
    }

    @Test
    void minusInfinityIsANumber() {
        float[] row = {Float.NEGATIVE_INFINITY, -5f, Float.NEGATIVE_INFINITY};
        assertThat(reading(row).first()).isEqualTo(1);
        assertThat(reading(row).of(1)).containsExactly(1);
        assertThat(reading(row).of(3)).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void logitsThatAreNoNumbersAreAFailure() {
        float[] row = {1f, Float.NaN, 2f};
        assertThatThrownBy(() -> reading(row)).isInstanceOf(DecodeFailed.class);
        float[] none = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
        assertThatThrownBy(() -> reading(none)).isInstanceOf(DecodeFailed.class);
    }

    private static float[] row(SplittableRandom random) {
        float[] row = new float[random.nextInt(1, 3_000)];
        for (int i = 0; i < row.length; i++) {
            row[i] = random.nextInt(-20, 20); // few values, so that there are ties
        }
        return row;
    }

    private static Largest reading(float[] row) {
        var largest = new Largest(row.length);
        largest.read(MemorySegment.ofArray(row));
        return largest;
    }
}
