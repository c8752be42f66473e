package dev.gufo.gguf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * A matrix of independent random weights with mean 0, made block by block as it is written.
 *
 * <p>Quantized weights are not rounded from others: a block is random numbers and one scale for all, which is as good
 * and many times faster. They are odd where zero would have more of them on one side, so that as many lie above it as
 * below.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h">block_q8_0, block_q4_0,
 *     block_q4_K, block_q6_K in ggml-common.h of llama.cpp 0.5.0</a>
 */
public final class RandomWeights implements GgufWriter.TensorData {
    private static final double Q8_0_DEVIATION = deviationOfOdd(127);
    private static final double Q4_0_DEVIATION = deviationOfOdd(7);
    private static final double Q6_K_DEVIATION = deviationOfOdd(31);
    private static final long ODD_NIBBLES = 0x1111_1111_1111_1111L;

    /**
     * A weight of Q4_K is {@code d * (scale * q - min)} with q from 0 to 15: with these two, 8 times what q differs
     * from its mean.
     */
    private static final int Q4_K_SCALE = 8;

    /** Eight scales of {@value #Q4_K_SCALE} and minima of 60, six bits each, as such a block packs them. */
    private static final byte[] Q4_K_SCALES = HexFormat.of().parseHex("08080808fcfcfcfcc8c8c8c8");

    private static final double Q4_K_DEVIATION = Q4_K_SCALE * Math.sqrt((16 * 16 - 1) / 12.0);

    /** Small, since the scale that it multiplies is a half-precision number that must not get too small. */
    private static final int Q6_K_SCALE = 4;

    private final long seed;
    private final GgmlType type;
    private final int columns;
    private final int zeroRows;
    private final int rows;
    private final double deviation;

    /**
     * Describes a matrix.
     *
     * @param zeroRows how many rows at the start are all zero
     * @param deviation standard deviation of a weight
     */
    public RandomWeights(long seed, GgmlType type, int columns, int rows, int zeroRows, double deviation) {
        this.seed = seed;
        this.type = type;
        this.columns = columns;
        this.rows = rows;
        this.zeroRows = zeroRows;
        this.deviation = deviation;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] row = new byte[Math.toIntExact(type.bytes(columns))];
        ByteBuffer buffer = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < rows; i++) {
            if (i >= zeroRows) {
                buffer.clear();
                fill(buffer, random);
            }
            out.write(row);
        }
    }

    private void fill(ByteBuffer row, SplittableRandom random) {
        switch (type) {
            case Q8_0 -> fillBlocks(row, random, deviation / Q8_0_DEVIATION, 4, 0x0101_0101_0101_0101L);
            case Q4_0 -> fillBlocks(row, random, deviation / Q4_0_DEVIATION, 2, ODD_NIBBLES);
            case Q4_K -> fillQ4K(row, random);
            case Q6_K -> fillQ6K(row, random);
            case F16 -> fillHalves(row, random);
            default -> throw new AssertionError("no random weights of " + type);
        }
    }

    /** A block is a scale and {@code longs} times 8 bytes of numbers, every one made odd by {@code lowestBits}. */
    private static void fillBlocks(ByteBuffer row, SplittableRandom random, double scale, int longs, long lowestBits) {
        short half = Float.floatToFloat16((float) scale);
        while (row.hasRemaining()) {
            row.putShort(half);
            putLongs(row, random, longs, lowestBits);
        }
    }

    private void fillQ4K(ByteBuffer row, SplittableRandom random) {
        short scale = Float.floatToFloat16((float) (deviation / Q4_K_DEVIATION));
        while (row.hasRemaining()) {
            row.putShort(scale).putShort(scale).put(Q4_K_SCALES); // of scales, and of minima
            putLongs(row, random, 16, 0);
        }
    }

    private void fillQ6K(ByteBuffer row, SplittableRandom random) {
        short scale = Float.floatToFloat16((float) (deviation / Q6_K_DEVIATION / Q6_K_SCALE));
        while (row.hasRemaining()) {
            putLongs(row, random, 16, ODD_NIBBLES); // lower four bits of each
            putLongs(row, random, 8, 0); // upper two
            for (int i = 0; i < 16; i++) {
                row.put((byte) Q6_K_SCALE);
            }
            row.putShort(scale);
        }
    }

    private static void putLongs(ByteBuffer row, SplittableRandom random, int count, long bits) {
        for (int i = 0; i < count; i++) {
            row.putLong(random.nextLong() | bits);
        }
    }

    private void fillHalves(ByteBuffer row, SplittableRandom random) {
        double limit = deviation * Math.sqrt(3); // of a uniform distribution
        while (row.hasRemaining()) {
            row.putShort(Float.floatToFloat16((float) random.nextDouble(-limit, limit)));
        }
    }

    /**
     * Standard deviation of the odd numbers from {@code -most} to {@code most}, all as likely: mean of 1, 9, 25, ...
     */
    private static double deviationOfOdd(int most) {
        return Math.sqrt((most + 1) * (double) (most + 1) / 3 - 1.0 / 3);
    }
}
