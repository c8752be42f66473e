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

/**
 * Models of four layers and random weights whose sequences leave something else than keys and values of all tokens in
 * every layer. A request gives their tokens as ids: they have no words.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/src/models">cohere2.cpp, lfm2.cpp and mamba.cpp of
 *     llama.cpp 0.5.0</a>
 */
enum TinyArchitecture {
    /** Three of four layers look back {@value #WINDOW} tokens. */
    SLIDING_WINDOW("cohere2"),
    /** A state of fixed size in every layer, and no keys. */
    RECURRENT("mamba"),
    /** Every second layer has a state, the others have keys and values. */
    HYBRID("lfm2");

    static final int WINDOW = 32;
    static final int FIRST_WORD = 3 + 256; // behind the control tokens and bytes
    static final int VOCABULARY = 512;

    private static final int LAYERS = 4;
    private static final int WIDTH = 128;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int FEED_FORWARD = 256;
    private static final int STATE = 16;
    private static final int STEP_RANK = 8;
    private static final int CONVOLUTION = 4;
    private static final int SHORT_CONVOLUTION = 3;

    private final String architecture;

    TinyArchitecture(String architecture) {
        this.architecture = architecture;
    }

    /** Writes it; always the same. */
    Path write(Path path) throws IOException {
        Writing writing = new Writing(architecture);
        writing.metadata();
        writing.vocabulary();
        writing.matrix("token_embd.weight", WIDTH, VOCABULARY);
        writing.ones((this == HYBRID ? "token_embd_norm" : "output_norm") + ".weight", WIDTH);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk.%d.".formatted(layer);
            writing.ones(block + "attn_norm.weight", WIDTH);
            switch (this) {
                case SLIDING_WINDOW -> {
                    writing.attention(block);
                    writing.feedForward(block);
                }
                case RECURRENT -> writing.mamba(block);
                case HYBRID -> {
                    if (layer % 2 == 0) {
                        writing.shortConvolution(block);
                    } else {
                        writing.attention(block);
                        writing.ones(block + "attn_q_norm.weight", WIDTH / HEADS);
                        writing.ones(block + "attn_k_norm.weight", WIDTH / HEADS);
                    }
                    writing.ones(block + "ffn_norm.weight", WIDTH);
                    writing.feedForward(block);
                }
            }
        }
        writing.writer.write(path);
        return path;
    }

    /** A file while it grows. */
    private static final class Writing {
        private final String architecture;
        private final SplittableRandom random = new SplittableRandom(11);
        private final GgufWriter writer = new GgufWriter();

        private Writing(String architecture) {
            this.architecture = architecture;
        }

        private String key(String name) {
            return architecture + "." + name;
        }

        private void metadata() {
            writer.string("general.architecture", architecture)
                    .string("general.name", "tiny " + architecture)
                    .uint32(key("block_count"), LAYERS)
                    .uint32(key("context_length"), 2_048)
                    .uint32(key("embedding_length"), WIDTH)
                    .uint32(key("feed_forward_length"), FEED_FORWARD)
                    .uint32(key("attention.head_count"), HEADS)
                    .uint32(key("rope.dimension_count"), WIDTH / HEADS)
                    .float32(key("rope.freq_base"), 10_000)
                    .float32(key("attention.layer_norm_epsilon"), 1e-5f)
                    .float32(key("attention.layer_norm_rms_epsilon"), 1e-5f)
                    .uint32(key("vocab_size"), VOCABULARY);
            switch (architecture) {
                case "cohere2" ->
                    writer.uint32(key("attention.head_count_kv"), KV_HEADS)
                            .uint32(key("attention.sliding_window"), WINDOW)
                            .float32(key("logit_scale"), 1);
                case "mamba" ->
                    writer.uint32(key("attention.head_count_kv"), 0)
                            .uint32(key("ssm.conv_kernel"), CONVOLUTION)
                            .uint32(key("ssm.inner_size"), 2 * WIDTH)
                            .uint32(key("ssm.state_size"), STATE)
                            .uint32(key("ssm.time_step_rank"), STEP_RANK);
                default ->
                    writer.integers(key("attention.head_count_kv"), GgufValueType.INT32, 0, KV_HEADS, 0, KV_HEADS)
                            .uint32(key("shortconv.l_cache"), SHORT_CONVOLUTION);
            }
        }

        private void vocabulary() {
            List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
            for (int i = 0; i < 256; i++) {
                tokens.add("<0x%02X>".formatted(i));
            }
            while (tokens.size() < VOCABULARY) {
                tokens.add("\u2581w" + tokens.size());
            }
            long[] types = new long[VOCABULARY];
            Arrays.setAll(types, i -> i == 0 ? 2 : i < 3 ? 3 : i < FIRST_WORD ? 6 : 1); // llama_token_type
            writer.string("tokenizer.ggml.model", "llama")
                    .strings("tokenizer.ggml.tokens", tokens)
                    .floats("tokenizer.ggml.scores", GgufValueType.FLOAT32, new double[VOCABULARY])
                    .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                    .uint32("tokenizer.ggml.bos_token_id", 1)
                    .uint32("tokenizer.ggml.eos_token_id", 2)
                    .uint32("tokenizer.ggml.unknown_token_id", 0);
        }

        private void attention(String block) {
            matrix(block + "attn_q.weight", WIDTH, WIDTH);
            matrix(block + "attn_k.weight", WIDTH, WIDTH / HEADS * KV_HEADS);
            matrix(block + "attn_v.weight", WIDTH, WIDTH / HEADS * KV_HEADS);
            matrix(block + "attn_output.weight", WIDTH, WIDTH);
        }

        private void feedForward(String block) {
            matrix(block + "ffn_gate.weight", WIDTH, FEED_FORWARD);
            matrix(block + "ffn_up.weight", WIDTH, FEED_FORWARD);
            matrix(block + "ffn_down.weight", FEED_FORWARD, WIDTH);
        }

        private void shortConvolution(String block) {
            matrix(block + "shortconv.conv.weight", SHORT_CONVOLUTION, WIDTH);
            matrix(block + "shortconv.in_proj.weight", WIDTH, 3 * WIDTH);
            matrix(block + "shortconv.out_proj.weight", WIDTH, WIDTH);
        }

        private void mamba(String block) {
            int inner = 2 * WIDTH;
            matrix(block + "ssm_in.weight", WIDTH, 2 * inner);
            matrix(block + "ssm_conv1d.weight", CONVOLUTION, inner);
            same(block + "ssm_conv1d.bias", 0, inner);
            matrix(block + "ssm_x.weight", inner, STEP_RANK + 2 * STATE);
            matrix(block + "ssm_dt.weight", STEP_RANK, inner);
            same(block + "ssm_dt.bias", 0, inner);
            same(block + "ssm_a", -1, STATE, inner); // what was, fades
            same(block + "ssm_d", 1, inner);
            matrix(block + "ssm_out.weight", inner, WIDTH);
        }

        /** Keeps the scale of what it is given. */
        private void matrix(String name, int columns, int rows) {
            double limit = Math.sqrt(3.0 / columns);
            float[] values = new float[columns * rows];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-limit, limit);
            }
            tensor(name, values, columns, rows);
        }

        private void ones(String name, int length) {
            same(name, 1, length);
        }

        private void same(String name, float value, int... dims) {
            float[] values = new float[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
            Arrays.fill(values, value);
            tensor(name, values, dims);
        }

        private void tensor(String name, float[] values, int... dims) {
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            writer.tensor(
                    name,
                    Arrays.stream(dims).mapToObj(dim -> (long) dim).toList(),
                    GgmlType.F32,
                    out -> out.write(bytes.array()));
        }
    }
}
