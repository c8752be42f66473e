package dev.gufo.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes language models of random weights: they load and compute as real ones of their shape do, and say nothing. For
 * the trial of a device, and for tests and measurements that must not depend on a download.
 *
 * <p>What they generate is random syllables and goes on to the token limit: the rows of the output matrix that belong
 * to control tokens and bytes are zero, so that their logits are 0 where the best of the others is far above.
 */
public final class RandomModel {
    private static final int FILE_TYPE_F16 = 1; // llama_ftype, llama.h of llama.cpp 0.5.0
    private static final int FILE_TYPE_Q4_0 = 2;
    private static final int FILE_TYPE_Q8_0 = 7;
    private static final int FILE_TYPE_Q4_K_M = 15;
    private static final double LOGIT_DEVIATION = 4;
    private static final String CHAT_TEMPLATE = """
            {%- for message in messages -%}
                {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<|im_start|>assistant\\n' -}}
            {%- endif -%}
            """;

    private final ModelShape shape;
    private final SplittableRandom seeds;
    private final GgufWriter writer = new GgufWriter();

    private RandomModel(ModelShape shape, long seed) {
        this.shape = shape;
        this.seeds = new SplittableRandom(seed);
    }

    /**
     * Writes a model of {@code shape} to {@code path}; the same seed makes the same bytes.
     *
     * @throws IOException if the file cannot be written
     */
    public static void write(ModelShape shape, long seed, Path path) throws IOException {
        RandomModel model = new RandomModel(shape, seed);
        model.addMetadata();
        model.addTensors();
        model.writer.write(path);
    }

    private void addMetadata() {
        writer.string("general.architecture", "llama")
                .string("general.type", "model")
                .string("general.name", shape.name())
                .uint32("general.file_type", fileType())
                .uint32("general.quantization_version", 2)
                .uint32("llama.block_count", shape.layers())
                .uint32("llama.context_length", shape.contextLength())
                .uint32("llama.embedding_length", shape.width())
                .uint32("llama.feed_forward_length", shape.feedForward())
                .uint32("llama.attention.head_count", shape.heads())
                .uint32("llama.attention.head_count_kv", shape.kvHeads())
                .uint32("llama.rope.dimension_count", shape.width() / shape.heads())
                .uint32("llama.vocab_size", shape.vocabulary())
                .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .float32("llama.rope.freq_base", shape.ropeBase());
        SyllableVocabulary.addTo(writer, shape.vocabulary());
        writer.string("tokenizer.chat_template", CHAT_TEMPLATE);
    }

    private int fileType() {
        return switch (shape.type()) {
            case F16 -> FILE_TYPE_F16;
            case Q4_0 -> FILE_TYPE_Q4_0;
            case Q8_0 -> FILE_TYPE_Q8_0;
            case Q4_K -> FILE_TYPE_Q4_K_M;
            default -> throw new AssertionError("no random weights of " + shape.type());
        };
    }

    /** Every matrix keeps the scale of what it is given, so that nothing grows or vanishes from layer to layer. */
    private void addTensors() {
        int width = shape.width();
        int vocabulary = shape.vocabulary();
        matrix("token_embd.weight", shape.type(), width, vocabulary, 0, 1);
        norm("output_norm.weight");
        matrix(
                "output.weight",
                shape.finerType(),
                width,
                vocabulary,
                SyllableVocabulary.UNREADABLE_TOKENS,
                LOGIT_DEVIATION / Math.sqrt(width));
        for (int layer = 0; layer < shape.layers(); layer++) {
            GgmlType finer = isFiner(layer) ? shape.finerType() : shape.type();
            String block = "blk.%d.".formatted(layer);
            norm(block + "attn_norm.weight");
            matrix(block + "attn_q.weight", width, width);
            matrix(block + "attn_k.weight", width, shape.kvWidth());
            matrix(block + "attn_v.weight", finer, width, shape.kvWidth());
            matrix(block + "attn_output.weight", width, width);
            norm(block + "ffn_norm.weight");
            matrix(block + "ffn_gate.weight", width, shape.feedForward());
            matrix(block + "ffn_up.weight", width, shape.feedForward());
            matrix(block + "ffn_down.weight", finer, shape.feedForward(), width);
        }
    }

    /**
     * Whether some matrices of the layer are stored finer in a mixture of types.
     *
     * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp">use_more_bits in
     *     llama-quant.cpp of llama.cpp 0.5.0</a>
     */
    private boolean isFiner(int layer) {
        int eighth = shape.layers() / 8;
        return layer < eighth || layer >= 7 * shape.layers() / 8 || (layer - eighth) % 3 == 2;
    }

    private void matrix(String name, int columns, int rows) {
        matrix(name, shape.type(), columns, rows);
    }

    private void matrix(String name, GgmlType type, int columns, int rows) {
        matrix(name, type, columns, rows, 0, 1 / Math.sqrt(columns));
    }

    private void matrix(String name, GgmlType type, int columns, int rows, int zeroRows, double deviation) {
        RandomWeights weights = new RandomWeights(seeds.nextLong(), type, columns, rows, zeroRows, deviation);
        writer.tensor(name, List.of((long) columns, (long) rows), type, weights);
    }

    private void norm(String name) {
        ByteBuffer ones = ByteBuffer.allocate(shape.width() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (ones.hasRemaining()) {
            ones.putFloat(1);
        }
        writer.tensor(name, List.of((long) shape.width()), GgmlType.F32, out -> out.write(ones.array()));
    }
}
