package dev.gufo.engine.batch;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufValueType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** A file of a tiny model while it grows: a vocabulary without words of a language, and tensors of 32-bit floats. */
final class TinyWriter {
    /** Id of the first word, behind the control tokens and bytes. */
    static final int FIRST_WORD = 3 + 256;

    private final GgufWriter writer = new GgufWriter();
    private final SplittableRandom random;

    TinyWriter(long seed) {
        random = new SplittableRandom(seed);
    }

    /** For the metadata. */
    GgufWriter file() {
        return writer;
    }

    /**
     * Three control tokens, all bytes and words, each of which is a number.
     *
     * @param size of the vocabulary
     * @param first the number of the first word
     */
    void vocabulary(int size, int first) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int i = 0; i < 256; i++) {
            tokens.add("<0x%02X>".formatted(i));
        }
        while (tokens.size() < size) {
            tokens.add("\u2581w" + (first + tokens.size() - FIRST_WORD));
        }
        long[] types = new long[size];
        Arrays.setAll(types, i -> i == 0 ? 2 : i < 3 ? 3 : i < FIRST_WORD ? 6 : 1); // llama_token_type
        writer.string("tokenizer.ggml.model", "llama")
                .strings("tokenizer.ggml.tokens", tokens)
                .floats("tokenizer.ggml.scores", GgufValueType.FLOAT32, new double[size])
                .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                .uint32("tokenizer.ggml.bos_token_id", 1)
                .uint32("tokenizer.ggml.eos_token_id", 2)
                .uint32("tokenizer.ggml.unknown_token_id", 0);
    }

    /** Random numbers that keep the scale of what is multiplied with them. */
    void matrix(String name, int... dims) {
        scaled(name, 1, dims);
    }

    /** The same, but for a change of the scale. */
    void scaled(String name, double scale, int... dims) {
        double limit = scale * Math.sqrt(3.0 / dims[0]);
        float[] values = new float[count(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-limit, limit);
        }
        tensor(name, values, dims);
    }

    void ones(String name, int length) {
        same(name, 1, length);
    }

    void same(String name, float value, int... dims) {
        float[] values = new float[count(dims)];
        Arrays.fill(values, value);
        tensor(name, values, dims);
    }

    void tensor(String name, float[] values, int... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        writer.tensor(
                name,
                Arrays.stream(dims).mapToObj(dim -> (long) dim).toList(),
                GgmlType.F32,
                out -> out.write(bytes.array()));
    }

    private static int count(int... dims) {
        return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    void write(Path path) throws IOException {
        writer.write(path);
    }
}
