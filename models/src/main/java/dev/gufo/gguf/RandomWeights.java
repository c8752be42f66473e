package dev.gufo.gguf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A matrix of independent random weights with mean 0, made block by block as it is written.
 *
 * <p>Quantized weights are not rounded from others: a block is random numbers and one scale for all, which is as good and many
 * times faster. They are odd, so that as many lie above zero as below.
 */
final class RandomWeights implements GgufWriter.TensorData {
    private static final double Q8_0_DEVIATION = deviationOfOdd(127);
    private static final double Q4_0_DEVIATION = deviationOfOdd(7);

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
    RandomWeights(long seed, GgmlType type, int columns, int rows, int zeroRows, double deviation) {
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
            case Q4_0 -> fillBlocks(row, random, deviation / Q4_0_DEVIATION, 2, 0x1111_1111_1111_1111L);
            case F16 -> fillHalves(row, random);
            default -> throw new AssertionError("no random weights of " + type);
        }
    }

    /** A block is a scale and {@code longs} times 8 bytes of numbers, every one made odd by {@code lowestBits}. */
    private static void fillBlocks(ByteBuffer row, SplittableRandom random, double scale, int longs, long lowestBits) {
        short half = Float.floatToFloat16((float) scale);
        while (row.hasRemaining()) {
            row.putShort(half);
            for (int i = 0; i < longs; i++) {
                row.putLong(random.nextLong() | lowestBits);
            }
        }
    }

    private void fillHalves(ByteBuffer row, SplittableRandom random) {
        double limit = deviation * Math.sqrt(3); // of a uniform distribution
        while (row.hasRemaining()) {
            row.putShort(Float.floatToFloat16((float) random.nextDouble(-limit, limit)));
        }
    }

    /** Standard deviation of the odd numbers from {@code -most} to {@code most}, all as likely: mean of 1, 9, 25, ... */
    private static double deviationOfOdd(int most) {
        return Math.sqrt((most + 1) * (double) (most + 1) / 3 - 1.0 / 3);
    }
}
