package dev.gufo.gguf;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tensors belong to which layer, by their names: {@code blk.N.} is layer N, {@code token_embd} and the like come
 * before the first, {@code output} behind the last.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp">LLM_TENSOR_NAMES and
 *     LLM_TENSOR_INFOS in llama-arch.cpp of llama.cpp 0.5.0</a>
 */
final class TensorPlaces {
    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,4})\\.(.+)");
    private static final Pattern STATE = Pattern.compile("(ssm_|time_mix|shortconv).*");
    private static final Pattern BETWEEN = Pattern.compile("ffn_(up|gate)\\.weight");
    private static final Pattern KEYS = Pattern.compile("attn_(k|kv_a_mqa|k_b|kv_b|kv)\\..*");

    private final long[] layerBytes;
    private final long[] between;
    private final boolean[] keys;
    private final boolean[] fused;
    private final boolean[] state;
    private long inputBytes;
    private long outputBytes;
    private long tokenEmbeddingBytes;
    private boolean outputMatrix;

    private TensorPlaces(int blocks) {
        layerBytes = new long[blocks];
        between = new long[blocks];
        keys = new boolean[blocks];
        fused = new boolean[blocks];
        state = new boolean[blocks];
    }

    static TensorPlaces of(List<GgufFile> shards, int blocks) {
        TensorPlaces places = new TensorPlaces(blocks);
        shards.forEach(shard -> shard.tensors().forEach(places::add));
        return places;
    }

    private void add(GgufTensor tensor) {
        Matcher block = BLOCK.matcher(tensor.name());
        if (block.matches() && Integer.parseInt(block.group(1)) < layerBytes.length) {
            int layer = Integer.parseInt(block.group(1));
            String name = block.group(2);
            layerBytes[layer] += tensor.bytes();
            if (BETWEEN.matcher(name).matches() && tensor.dims().size() > 1) {
                between[layer] += tensor.dims().get(1);
            }
            keys[layer] |= KEYS.matcher(name).matches();
            fused[layer] |= name.startsWith("attn_qkv.");
            state[layer] |= STATE.matcher(name).matches();
        } else if (tensor.name().startsWith("output") || tensor.name().startsWith("cls")) {
            outputBytes += tensor.bytes();
            outputMatrix |= tensor.name().equals("output.weight");
        } else {
            inputBytes += tensor.bytes();
            if (tensor.name().equals("token_embd.weight")) {
                tokenEmbeddingBytes = tensor.bytes();
            }
        }
    }

    long layerBytes(int layer) {
        return layerBytes[layer];
    }

    /**
     * What a token's feed-forward layers compute between, its gate included, in the layer that computes most; 0 if it
     * can't be told.
     */
    long feedForward() {
        return Arrays.stream(between).max().orElse(0);
    }

    /** Recurrent layers of some hybrids call their own projection {@code attn_qkv}, which leaves nothing in a cache. */
    boolean hasAttention(int layer) {
        return keys[layer] || (fused[layer] && !state[layer]);
    }

    boolean isRecurrent(int layer) {
        return state[layer];
    }

    long inputBytes() {
        return inputBytes;
    }

    long outputBytes() {
        return outputBytes;
    }

    long tokenEmbeddingBytes() {
        return tokenEmbeddingBytes;
    }

    boolean hasOutputMatrix() {
        return outputMatrix;
    }
}
