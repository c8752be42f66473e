package dev.gufo.engine.batch;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A model with experts and a layer that predicts tokens further ahead (MTP). Behind each of its words it mostly chooses
 * the next one, behind the last the first; random weights make it jump now and then. The layer's guesses come from the
 * hidden state of the token before: with that of another token they would be wrong.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/models/glm4-moe.cpp">glm4-moe.cpp of llama.cpp
 *     0.5.0</a>
 */
final class TinyMtpModel {
    static final int FIRST_WORD = TinyWriter.FIRST_WORD;
    static final int WORDS = 128;
    static final int CONTEXT = 2_048;

    private static final String ARCHITECTURE = "glm4moe";
    private static final int LAYERS = 3; // and the one that predicts ahead
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int EXPERTS = 4;
    private static final int FEED_FORWARD = 64;
    private static final double JUMPS = 2.2; // what layers add to a token's vector, beside that
    private static final double SURE = 0.6; // of logits beside hidden states
    private static final double OWN = 0.2; // what the predicting layer takes of the token itself

    private final TinyWriter writer = new TinyWriter(5);
    private final int width; // a number for each word
    private final int vocabularySize;

    private TinyMtpModel(int words) {
        width = words;
        vocabularySize = FIRST_WORD + words;
    }

    /** Writes it; always the same. */
    static Path write(Path path) throws IOException {
        return write(path, WORDS);
    }

    /** The same with more words, of vectors as long as there are words. */
    static Path write(Path path, int words) throws IOException {
        TinyMtpModel model = new TinyMtpModel(words);
        model.metadata();
        model.writer.vocabulary(model.vocabularySize, 0);
        model.words("token_embd.weight", 0, Math.sqrt(words));
        model.words("output.weight", 1, SURE);
        model.writer.ones("output_norm.weight", words);
        for (int layer = 0; layer < LAYERS; layer++) {
            model.layer("blk.%d.".formatted(layer), JUMPS);
        }
        String ahead = "blk.%d.".formatted(LAYERS);
        model.layer(ahead, JUMPS / 10);
        model.projection(ahead + "nextn.eh_proj.weight");
        model.writer.ones(ahead + "nextn.enorm.weight", words);
        model.writer.ones(ahead + "nextn.hnorm.weight", words);
        model.writer.write(path);
        return path;
    }

    private static String key(String name) {
        return ARCHITECTURE + "." + name;
    }

    private void metadata() {
        writer.file()
                .string("general.architecture", ARCHITECTURE)
                .string("general.name", "tiny MTP")
                .uint32(key("block_count"), LAYERS + 1)
                .uint32(key("nextn_predict_layers"), 1)
                .uint32(key("context_length"), CONTEXT)
                .uint32(key("embedding_length"), width)
                .uint32(key("feed_forward_length"), FEED_FORWARD)
                .uint32(key("attention.head_count"), HEADS)
                .uint32(key("attention.head_count_kv"), KV_HEADS)
                .uint32(key("rope.dimension_count"), width / HEADS)
                .float32(key("rope.freq_base"), 10_000)
                .float32(key("attention.layer_norm_rms_epsilon"), 1e-5f)
                .uint32(key("expert_count"), EXPERTS)
                .uint32(key("expert_used_count"), 2)
                .uint32(key("expert_shared_count"), 1)
                .uint32(key("expert_feed_forward_length"), FEED_FORWARD)
                .uint32(key("expert_gating_func"), 2) // LLAMA_EXPERT_GATING_FUNC_TYPE_SIGMOID
                .float32(key("expert_weights_scale"), 1)
                .bool(key("expert_weights_norm"), true)
                .uint32(key("vocab_size"), vocabularySize);
    }

    /** A vector for each word, of one number that is not 0: that of the word so many before it. */
    private void words(String name, int before, double size) {
        float[] values = new float[width * vocabularySize];
        for (int word = 0; word < width; word++) {
            values[(FIRST_WORD + word) * width + Math.floorMod(word - before, width)] = (float) size;
        }
        writer.tensor(name, values, width, vocabularySize);
    }

    /** The token's own vector and, turned by one word, the hidden state of the token before it. */
    private void projection(String name) {
        float[] values = new float[2 * width * width];
        for (int word = 0; word < width; word++) {
            values[word * 2 * width + word] = (float) OWN;
            values[word * 2 * width + width + Math.floorMod(word - 1, width)] = 1;
        }
        writer.tensor(name, values, 2 * width, width);
    }

    private void layer(String block, double size) {
        int kv = width / HEADS * KV_HEADS;
        writer.ones(block + "attn_norm.weight", width);
        writer.matrix(block + "attn_q.weight", width, width);
        writer.matrix(block + "attn_k.weight", width, kv);
        writer.matrix(block + "attn_v.weight", width, kv);
        writer.scaled(block + "attn_output.weight", size, width, width);
        writer.ones(block + "post_attention_norm.weight", width);
        writer.matrix(block + "ffn_gate_inp.weight", width, EXPERTS);
        writer.tensor(block + "exp_probs_b.bias", new float[EXPERTS], EXPERTS);
        writer.matrix(block + "ffn_gate_exps.weight", width, FEED_FORWARD, EXPERTS);
        writer.matrix(block + "ffn_up_exps.weight", width, FEED_FORWARD, EXPERTS);
        writer.scaled(block + "ffn_down_exps.weight", size, FEED_FORWARD, width, EXPERTS);
        writer.matrix(block + "ffn_gate_shexp.weight", width, FEED_FORWARD);
        writer.matrix(block + "ffn_up_shexp.weight", width, FEED_FORWARD);
        writer.scaled(block + "ffn_down_shexp.weight", size, FEED_FORWARD, width);
    }
}
