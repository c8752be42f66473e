package dev.gufo.engine.batch;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufValueType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Writes a model with random weights whose layers are convolutions with a state and attention by turns, as LFM2 has
 * them: what it knows of a sequence can't be cut at any point.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/models/lfm2.cpp">lfm2.cpp of llama.cpp 0.5.0</a>
 */
final class TinyHybrid {
    static final int VOCABULARY = 512;

    /** From here on every token is a word. */
    static final int FIRST_WORD = 3 + 256;

    private static final int WIDTH = 64;
    private static final int HEADS = 2;
    private static final int KEPT = 3; // tokens that a convolution looks at

    private final SplittableRandom random = new SplittableRandom(11);
    private final GgufWriter writer = new GgufWriter();

    private TinyHybrid() {}

    static Path write(Path path, int contextTokens) throws IOException {
        var hybrid = new TinyHybrid();
        hybrid.metadata(contextTokens);
        hybrid.tensors();
        hybrid.writer.write(path);
        return path;
    }

    private void metadata(int contextTokens) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int i = 0; i < 256; i++) {
            tokens.add(String.format(Locale.ROOT, "<0x%02X>", i));
        }
        while (tokens.size() < VOCABULARY) {
            tokens.add("w" + tokens.size());
        }
        double[] scores = new double[VOCABULARY];
        long[] types = new long[VOCABULARY];
        for (int i = 0; i < VOCABULARY; i++) {
            scores[i] = -i;
            types[i] = i == 0 ? 2 : i < 3 ? 3 : i < FIRST_WORD ? 6 : 1; // llama_token_type, llama.h
        }
        writer.string("general.architecture", "lfm2")
                .uint32("lfm2.block_count", 4)
                .uint32("lfm2.context_length", contextTokens)
                .uint32("lfm2.embedding_length", WIDTH)
                .uint32("lfm2.feed_forward_length", 2 * WIDTH)
                .uint32("lfm2.attention.head_count", HEADS)
                .integers("lfm2.attention.head_count_kv", GgufValueType.INT32, new long[] {0, 1, 0, 1})
                .float32("lfm2.attention.layer_norm_rms_epsilon", 1e-5f)
                .uint32("lfm2.rope.dimension_count", WIDTH / HEADS)
                .float32("lfm2.rope.freq_base", 10_000)
                .uint32("lfm2.shortconv.l_cache", KEPT)
                .uint32("lfm2.vocab_size", VOCABULARY)
                .string("tokenizer.ggml.model", "llama")
                .string("tokenizer.ggml.pre", "default")
                .strings("tokenizer.ggml.tokens", tokens)
                .floats("tokenizer.ggml.scores", GgufValueType.FLOAT32, scores)
                .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                .uint32("tokenizer.ggml.bos_token_id", 1)
                .uint32("tokenizer.ggml.eos_token_id", 2)
                .uint32("tokenizer.ggml.unknown_token_id", 0);
    }

    private void tensors() {
        random("token_embd.weight", WIDTH, VOCABULARY);
        ones("token_embd_norm.weight", WIDTH);
        for (int layer = 0; layer < 4; layer++) {
            String block = "blk.%d.".formatted(layer);
            ones(block + "attn_norm.weight", WIDTH);
            ones(block + "ffn_norm.weight", WIDTH);
            random(block + "ffn_gate.weight", WIDTH, 2 * WIDTH);
            random(block + "ffn_up.weight", WIDTH, 2 * WIDTH);
            random(block + "ffn_down.weight", 2 * WIDTH, WIDTH);
            if (layer % 2 == 0) {
                random(block + "shortconv.conv.weight", KEPT, WIDTH);
                random(block + "shortconv.in_proj.weight", WIDTH, 3 * WIDTH);
                random(block + "shortconv.out_proj.weight", WIDTH, WIDTH);
            } else {
                ones(block + "attn_q_norm.weight", WIDTH / HEADS);
                ones(block + "attn_k_norm.weight", WIDTH / HEADS);
                random(block + "attn_q.weight", WIDTH, WIDTH);
                random(block + "attn_k.weight", WIDTH, WIDTH / HEADS);
                random(block + "attn_v.weight", WIDTH, WIDTH / HEADS);
                random(block + "attn_output.weight", WIDTH, WIDTH);
            }
        }
    }

    /** With the deviation that keeps the scale of what goes in. */
    private void random(String name, int columns, int rows) {
        ByteBuffer bytes = ByteBuffer.allocate(columns * rows * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) (random.nextGaussian() / Math.sqrt(columns)));
        }
        writer.tensor(name, List.of((long) columns, (long) rows), GgmlType.F32, out -> out.write(bytes.array()));
    }

    private void ones(String name, int size) {
        ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat(1);
        }
        writer.tensor(name, List.of((long) size), GgmlType.F32, out -> out.write(bytes.array()));
    }
}
