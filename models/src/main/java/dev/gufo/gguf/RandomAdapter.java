package dev.gufo.gguf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes LoRA adapters of random weights for models of a {@link ModelShape}: on queries and values of every layer. As
 * strong as the weights that they are added to, they make a model say something else. For tests and measurements.
 */
public final class RandomAdapter {
    private RandomAdapter() {}

    /**
     * Writes an adapter to {@code path}; the same seed makes the same bytes.
     *
     * @param rank of its matrices, 1 or more
     * @param strength of what it adds, in relation to the weights that it is added to
     * @throws IOException if the file cannot be written
     */
    public static void write(ModelShape shape, int rank, float strength, long seed, Path path) throws IOException {
        SplittableRandom seeds = new SplittableRandom(seed);
        GgufWriter writer = new GgufWriter()
                .string("general.type", "adapter")
                .string("general.architecture", "llama")
                .string("general.name", "random-adapter")
                .string("adapter.type", "lora")
                .float32("adapter.lora.alpha", strength * rank);
        for (int layer = 0; layer < shape.layers(); layer++) {
            String block = "blk.%d.".formatted(layer);
            pair(writer, seeds, block + "attn_q.weight", shape.width(), shape.width(), rank);
            pair(writer, seeds, block + "attn_v.weight", shape.width(), shape.kvWidth(), rank);
        }
        writer.write(path);
    }

    /** B A x is as large as x is. */
    private static void pair(GgufWriter writer, SplittableRandom seeds, String name, int in, int out, int rank) {
        matrix(writer, seeds.nextLong(), name + ".lora_a", in, rank);
        matrix(writer, seeds.nextLong(), name + ".lora_b", rank, out);
    }

    private static void matrix(GgufWriter writer, long seed, String name, int columns, int rows) {
        writer.tensor(
                name,
                List.of((long) columns, (long) rows),
                GgmlType.F16,
                new RandomWeights(seed, GgmlType.F16, columns, rows, 0, 1 / Math.sqrt(columns)));
    }
}
