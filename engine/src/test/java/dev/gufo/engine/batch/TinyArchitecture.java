package dev.gufo.engine.batch;

import dev.gufo.gguf.GgufValueType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;

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
    static final int FIRST_WORD = TinyWriter.FIRST_WORD;
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
        writing.writer.vocabulary(VOCABULARY, FIRST_WORD);
        writing.writer.matrix("token_embd.weight", WIDTH, VOCABULARY);
        writing.writer.ones((this == HYBRID ? "token_embd_norm" : "output_norm") + ".weight", WIDTH);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk.%d.".formatted(layer);
            writing.writer.ones(block + "attn_norm.weight", WIDTH);
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
                        writing.writer.ones(block + "attn_q_norm.weight", WIDTH / HEADS);
                        writing.writer.ones(block + "attn_k_norm.weight", WIDTH / HEADS);
                    }
                    writing.writer.ones(block + "ffn_norm.weight", WIDTH);
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
        private final TinyWriter writer = new TinyWriter(11);

        private Writing(String architecture) {
            this.architecture = architecture;
        }

        private String key(String name) {
            return architecture + "." + name;
        }

        private void metadata() {
            GgufWriter file = writer.file();
            file.string("general.architecture", architecture)
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
                    file.uint32(key("attention.head_count_kv"), KV_HEADS)
                            .uint32(key("attention.sliding_window"), WINDOW)
                            .float32(key("logit_scale"), 1);
                case "mamba" ->
                    file.uint32(key("attention.head_count_kv"), 0)
                            .uint32(key("ssm.conv_kernel"), CONVOLUTION)
                            .uint32(key("ssm.inner_size"), 2 * WIDTH)
                            .uint32(key("ssm.state_size"), STATE)
                            .uint32(key("ssm.time_step_rank"), STEP_RANK);
                default ->
                    file.integers(key("attention.head_count_kv"), GgufValueType.INT32, 0, KV_HEADS, 0, KV_HEADS)
                            .uint32(key("shortconv.l_cache"), SHORT_CONVOLUTION);
            }
        }

        private void attention(String block) {
            writer.matrix(block + "attn_q.weight", WIDTH, WIDTH);
            writer.matrix(block + "attn_k.weight", WIDTH, WIDTH / HEADS * KV_HEADS);
            writer.matrix(block + "attn_v.weight", WIDTH, WIDTH / HEADS * KV_HEADS);
            writer.matrix(block + "attn_output.weight", WIDTH, WIDTH);
        }

        private void feedForward(String block) {
            writer.matrix(block + "ffn_gate.weight", WIDTH, FEED_FORWARD);
            writer.matrix(block + "ffn_up.weight", WIDTH, FEED_FORWARD);
            writer.matrix(block + "ffn_down.weight", FEED_FORWARD, WIDTH);
        }

        private void shortConvolution(String block) {
            writer.matrix(block + "shortconv.conv.weight", SHORT_CONVOLUTION, WIDTH);
            writer.matrix(block + "shortconv.in_proj.weight", WIDTH, 3 * WIDTH);
            writer.matrix(block + "shortconv.out_proj.weight", WIDTH, WIDTH);
        }

        private void mamba(String block) {
            int inner = 2 * WIDTH;
            writer.matrix(block + "ssm_in.weight", WIDTH, 2 * inner);
            writer.matrix(block + "ssm_conv1d.weight", CONVOLUTION, inner);
            writer.same(block + "ssm_conv1d.bias", 0, inner);
            writer.matrix(block + "ssm_x.weight", inner, STEP_RANK + 2 * STATE);
            writer.matrix(block + "ssm_dt.weight", STEP_RANK, inner);
            writer.same(block + "ssm_dt.bias", 0, inner);
            writer.same(block + "ssm_a", -1, STATE, inner); // what was, fades
            writer.same(block + "ssm_d", 1, inner);
            writer.matrix(block + "ssm_out.weight", inner, WIDTH);
        }
    }
}
