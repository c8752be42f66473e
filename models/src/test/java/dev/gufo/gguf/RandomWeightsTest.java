package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Blocks read as llama.cpp reads them. */
class RandomWeightsTest {
    private static final int COLUMNS = 2_048;
    private static final int ROWS = 64;
    private static final int ZERO_ROWS = 3;

    @Test
    void weightsOfQ4KHaveMeanZeroAndTheDeviationThatWasAskedFor() throws IOException {
        check(GgmlType.Q4_K);
    }

    @Test
    void weightsOfQ6KHaveMeanZeroAndTheDeviationThatWasAskedFor() throws IOException {
        check(GgmlType.Q6_K);
    }

    private static void check(GgmlType type) throws IOException {
        for (double deviation : new double[] {1, 0.02}) {
            var out = new ByteArrayOutputStream();
            new RandomWeights(7, type, COLUMNS, ROWS, ZERO_ROWS, deviation).writeTo(out);
            ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            assertThat((long) bytes.remaining()).isEqualTo(type.bytes((long) COLUMNS * ROWS));
            double[] zeros = read(type, bytes, ZERO_ROWS * COLUMNS);
            double[] weights = read(type, bytes, (ROWS - ZERO_ROWS) * COLUMNS);
            assertThat(zeros).matches(all -> Arrays.stream(all).allMatch(weight -> weight == 0));
            assertThat(Arrays.stream(weights).average().orElseThrow()).isCloseTo(0, within(0.02 * deviation));
            assertThat(Math.sqrt(Arrays.stream(weights)
                            .map(weight -> weight * weight)
                            .average()
                            .orElseThrow()))
                    .isCloseTo(deviation, withPercentage(1));
        }
    }

    private static double[] read(GgmlType type, ByteBuffer bytes, int count) {
        double[] weights = new double[count];
        for (int from = 0; from < count; from += 256) {
            if (type == GgmlType.Q4_K) {
                readQ4K(bytes, weights, from);
            } else {
                readQ6K(bytes, weights, from);
            }
        }
        return weights;
    }

    private static void readQ4K(ByteBuffer bytes, double[] weights, int from) {
        float ofScales = Float.float16ToFloat(bytes.getShort());
        float ofMinima = Float.float16ToFloat(bytes.getShort());
        int[] packed = unsigned(bytes, 12);
        int[] quants = unsigned(bytes, 128);
        for (int block = 0; block < 8; block++) {
            int scale = block < 4 ? packed[block] & 63 : (packed[block + 4] & 15) | ((packed[block - 4] >> 6) << 4);
            int minimum = block < 4 ? packed[block + 4] & 63 : (packed[block + 4] >> 4) | ((packed[block] >> 6) << 4);
            for (int i = 0; i < 32; i++) {
                int quant = (quants[block / 2 * 32 + i] >> (block % 2 * 4)) & 15;
                weights[from + block * 32 + i] = ofScales * scale * quant - ofMinima * minimum;
            }
        }
    }

    private static void readQ6K(ByteBuffer bytes, double[] weights, int from) {
        int[] low = unsigned(bytes, 128);
        int[] high = unsigned(bytes, 64);
        int[] scales = unsigned(bytes, 16);
        float ofScales = Float.float16ToFloat(bytes.getShort());
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int quarter = i % 128 / 32;
            int lower = (low[half * 64 + quarter % 2 * 32 + i % 32] >> (quarter / 2 * 4)) & 15;
            int upper = (high[half * 32 + i % 32] >> (quarter * 2)) & 3;
            weights[from + i] = ofScales * scales[i / 16] * ((lower | (upper << 4)) - 32);
        }
    }

    private static int[] unsigned(ByteBuffer bytes, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = bytes.get() & 0xff;
        }
        return values;
    }
}
