package dev.gufo.engine.jllama;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufValueType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** Writes an encoder for vectors, of random weights, with the byte-pair vocabulary of another model. */
final class TinyTextEncoder {
    private static final int WIDTH = 32;
    private static final int WINDOW = 64;
    private static final int MEAN = 1; // llama_pooling_type, llama.h of b4916

    private final SplittableRandom random = new SplittableRandom(5);
    private final GgufWriter writer = new GgufWriter();

    private TinyTextEncoder() {}

    static void write(GgufFile vocabulary, Path path) throws IOException {
        TinyTextEncoder encoder = new TinyTextEncoder();
        encoder.metadata(vocabulary);
        encoder.tensors(
                vocabulary.strings("tokenizer.ggml.tokens").orElseThrow().size());
        encoder.writer.write(path);
    }

    private void metadata(GgufFile vocabulary) throws IOException {
        writer.string("general.architecture", "bert")
                .uint32("bert.block_count", 1)
                .uint32("bert.context_length", WINDOW)
                .uint32("bert.embedding_length", WIDTH)
                .uint32("bert.feed_forward_length", 2 * WIDTH)
                .uint32("bert.attention.head_count", 2)
                .float32("bert.attention.layer_norm_epsilon", 1e-6f)
                .bool("bert.attention.causal", false)
                .uint32("bert.pooling_type", MEAN);
        for (String key : List.of("model", "pre")) {
            writer.string(
                    "tokenizer.ggml." + key,
                    vocabulary.string("tokenizer.ggml." + key).orElseThrow());
        }
        for (String key : List.of("tokens", "merges")) {
            writer.strings(
                    "tokenizer.ggml." + key,
                    vocabulary.strings("tokenizer.ggml." + key).orElseThrow());
        }
        writer.integers(
                        "tokenizer.ggml.token_type",
                        GgufValueType.INT32,
                        LongStream.of(vocabulary
                                        .integers("tokenizer.ggml.token_type")
                                        .orElseThrow())
                                .toArray())
                .uint32("tokenizer.ggml.token_type_count", 2)
                .uint32(
                        "tokenizer.ggml.eos_token_id",
                        vocabulary.integer("tokenizer.ggml.eos_token_id").orElseThrow())
                .bool("tokenizer.ggml.add_bos_token", false);
    }

    private void tensors(int vocabulary) {
        random("token_embd.weight", WIDTH, vocabulary);
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
    }

    private void random(String name, long... dims) {
        int elements = Math.toIntExact(LongStream.of(dims).reduce(1, Math::multiplyExact));
        ByteBuffer bytes = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) random.nextDouble(-0.7, 0.7));
        }
        writer.tensor(name, LongStream.of(dims).boxed().toList(), GgmlType.F32, out -> out.write(bytes.array()));
    }
}
