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
import java.util.SplittableRandom;

/** Writes an encoder of BERT's architecture with random weights, which ranks: it has a classifier of one number. */
final class TinyEncoder {
    static final int CLS = 2;
    static final int SEP = 3;
    static final int WINDOW = 64;
    private static final int WIDTH = 32;

    private final SplittableRandom random = new SplittableRandom(5);
    private final GgufWriter writer = new GgufWriter();

    private TinyEncoder() {}

    static Path write(Path path) throws IOException {
        TinyEncoder encoder = new TinyEncoder();
        encoder.metadata();
        encoder.tensors();
        encoder.writer.write(path);
        return path;
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
        for (char c = 'a'; c <= 'z'; c++) {
            tokens.add("\u2581" + c);
            tokens.add(String.valueOf(c));
        }
        return tokens;
    }

    private void metadata() {
        long[] types = new long[tokens().size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = i < 4 ? 3 : 1;
        }
        writer.string("general.architecture", "bert")
                .uint32("bert.block_count", 1)
                .uint32("bert.context_length", WINDOW)
                .uint32("bert.embedding_length", WIDTH)
                .uint32("bert.feed_forward_length", 2 * WIDTH)
                .uint32("bert.attention.head_count", 2)
                .float32("bert.attention.layer_norm_epsilon", 1e-6f)
                .bool("bert.attention.causal", false)
                .uint32("bert.pooling_type", 4)
                .string("tokenizer.ggml.model", "bert")
                .string("tokenizer.ggml.pre", "default")
                .strings("tokenizer.ggml.tokens", tokens())
                .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                .uint32("tokenizer.ggml.token_type_count", 2)
                .uint32("tokenizer.ggml.padding_token_id", 0)
                .uint32("tokenizer.ggml.unknown_token_id", 1)
                .uint32("tokenizer.ggml.bos_token_id", CLS)
                .uint32("tokenizer.ggml.seperator_token_id", SEP);
    }

    private void tensors() {
        random("token_embd.weight", WIDTH, tokens().size());
        random("token_types.weight", WIDTH, 2);
        random("position_embd.weight", WIDTH, WINDOW);
        random("token_embd_norm.weight", WIDTH);
        random("token_embd_norm.bias", WIDTH);
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            random("blk.0." + name + ".weight", WIDTH, WIDTH);
            random("blk.0." + name + ".bias", WIDTH);
        }
        random("blk.0.ffn_up.weight", WIDTH, 2 * WIDTH);
        random("blk.0.ffn_up.bias", 2 * WIDTH);
        random("blk.0.ffn_down.weight", 2 * WIDTH, WIDTH);
        random("blk.0.ffn_down.bias", WIDTH);
        for (String name : List.of("attn_output_norm", "layer_output_norm")) {
            random("blk.0." + name + ".weight", WIDTH);
            random("blk.0." + name + ".bias", WIDTH);
        }
        random("cls.output.weight", WIDTH, 1);
        random("cls.output.bias", 1);
    }

    private void random(String name, long... dims) {
        List<Long> sizes = new ArrayList<>();
        int elements = 1;
        for (long dim : dims) {
            sizes.add(dim);
            elements *= Math.toIntExact(dim);
        }
        ByteBuffer bytes = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) random.nextDouble(-0.7, 0.7));
        }
        writer.tensor(name, sizes, GgmlType.F32, out -> out.write(bytes.array()));
    }
}
