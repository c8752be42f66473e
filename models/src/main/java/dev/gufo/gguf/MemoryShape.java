package dev.gufo.gguf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What of a model takes memory when it runs: weights by place, and what a token or a sequence leaves in each layer.
 * Immutable, any thread.
 *
 * @param inputBytes tensors before the first layer, which stay on the CPU
 * @param outputBytes tensors behind the last layer; they go to a GPU after all layers have
 * @param tiedOutputBytes the token embeddings, if they are the output matrix as well: a GPU then gets a copy of them; 0
 *     for an encoder, which has no output matrix
 * @param layers in their order
 * @param headLength elements of a head's keys, of the layer that has most; quantized caches need whole blocks of them
 * @param width elements of the hidden state
 * @param heads attention heads of the layer that has most
 * @param feedForward elements that the feed-forward part of a layer computes between, its gate included, of the layer
 *     that has most; 0 if the file does not say
 * @param vocabulary tokens that it chooses from, 0 for an encoder
 * @param slidingWindow tokens that some layers look back, 0 if all look back to the start
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp">llama-kv-cache.cpp,
 *     llama-memory-recurrent.cpp and load_tensors in llama-model.cpp, of llama.cpp 0.5.0</a>
 */
public record MemoryShape(
        long inputBytes,
        long outputBytes,
        long tiedOutputBytes,
        List<Layer> layers,
        int headLength,
        int width,
        int heads,
        int feedForward,
        int vocabulary,
        int slidingWindow) {
    private static final int DEFAULT_CONVOLUTION = 4; // of recurrent layers, where the file says nothing

    /**
     * A layer.
     *
     * @param weightBytes its tensors
     * @param keyElements that a token leaves in the KV cache, 0 without attention
     * @param valueElements the same of values; 0 where they are computed from the keys
     * @param stateElements numbers of four bytes that a sequence leaves, however long it is; 0 if the layer is not
     *     recurrent
     * @param windowed whether its attention looks back {@link MemoryShape#slidingWindow} tokens only
     * @param mtp whether it predicts tokens further ahead (multi-token prediction): it is loaded only for guesses
     */
    public record Layer(
            long weightBytes, long keyElements, long valueElements, long stateElements, boolean windowed, boolean mtp) {
        private Layer nothing() {
            return new Layer(0, 0, 0, 0, false, mtp);
        }
    }

    /** The architecture in which what others call layers that predict ahead is a part of the model. */
    private static final String ROUTED = "granite-switch";

    /** The encoder for which llama.cpp makes a cache, which it then does not use. */
    private static final String CACHED_ENCODER = "llama-embed";

    public MemoryShape {
        layers = List.copyOf(layers);
    }

    /**
     * The same with LoRA adapters of so many bytes, which lie beside the weights that they change: counted as spread
     * over the layers.
     */
    public MemoryShape withAdapters(long adapterBytes) {
        long each = Math.ceilDiv(adapterBytes, Math.max(1, (long) layers.size() - mtpLayers()));
        return with(
                inputBytes,
                outputBytes,
                tiedOutputBytes,
                layer -> new Layer(
                        layer.weightBytes() + (layer.mtp() ? 0 : each),
                        layer.keyElements(),
                        layer.valueElements(),
                        layer.stateElements(),
                        layer.windowed(),
                        layer.mtp()));
    }

    /** The same with nothing in the layers that predict ahead, which keep their places. */
    public MemoryShape withoutMtp() {
        return with(inputBytes, outputBytes, tiedOutputBytes, layer -> layer.mtp() ? layer.nothing() : layer);
    }

    /** The layers that predict ahead at their places, and nothing else: what comes before and behind is the model's. */
    public MemoryShape mtpAlone() {
        return with(0, 0, 0, layer -> layer.mtp() ? layer : layer.nothing());
    }

    private MemoryShape with(long input, long output, long tiedOutput, UnaryOperator<Layer> change) {
        return new MemoryShape(
                input,
                output,
                tiedOutput,
                layers.stream().map(change).toList(),
                headLength,
                width,
                heads,
                feedForward,
                vocabulary,
                slidingWindow);
    }

    /** Layers that predict ahead. */
    public int mtpLayers() {
        return (int) layers.stream().filter(Layer::mtp).count();
    }

    /**
     * Reads the shape from a model's files.
     *
     * @param shards in their order, at least one
     * @throws GgufException if what a language model must state is missing or out of range
     */
    public static MemoryShape of(List<GgufFile> shards) throws IOException {
        GgufFile file = shards.getFirst();
        GgufModel model = GgufModel.of(shards);
        String architecture = model.architecture();
        AttentionShape attention = AttentionShape.of(file, architecture);
        TensorPlaces places = TensorPlaces.of(shards, model.dimensions().blocks());
        long state = recurrentElements(file, architecture, model);
        int sharing = small(file, architecture + ".attention.shared_kv_layers");
        boolean cached = !model.isEncoder() || architecture.equals(CACHED_ENCODER);
        boolean[] windowed =
                WindowPattern.of(file, architecture, model.dimensions().blocks());
        int mtp = architecture.equals(ROUTED) ? 0 : small(file, architecture + ".nextn_predict_layers");
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < model.dimensions().blocks(); i++) {
            boolean keeps =
                    cached && places.hasAttention(i) && i < model.dimensions().blocks() - sharing;
            layers.add(new Layer(
                    places.layerBytes(i),
                    keeps ? attention.keyElements(i) : 0,
                    keeps ? attention.valueElements(i) : 0,
                    places.isRecurrent(i) ? state : 0,
                    keeps && windowed[i],
                    i >= model.dimensions().blocks() - mtp));
        }
        return new MemoryShape(
                places.inputBytes(),
                places.outputBytes(),
                places.hasOutputMatrix() || model.isEncoder() ? 0 : places.tokenEmbeddingBytes(),
                layers,
                attention.keyLength(),
                model.dimensions().embedding(),
                model.dimensions().heads(),
                feedForward(places, file, architecture),
                model.isEncoder() ? 0 : model.dimensions().vocabulary(),
                small(file, architecture + ".attention.sliding_window"));
    }

    /** All tensors of the files. */
    public long weightBytes() {
        return inputBytes
                + outputBytes
                + layers.stream().mapToLong(Layer::weightBytes).sum();
    }

    /** Whether a token leaves anything in a cache. */
    public boolean isCached() {
        return layers.stream().anyMatch(layer -> layer.keyElements() > 0);
    }

    /**
     * Whether some layers may have a cache that is no longer than their window: not beside states of fixed size, and
     * only where it is known which layers they are.
     */
    public boolean hasWindow() {
        return !isRecurrent() && layers.stream().anyMatch(Layer::windowed);
    }

    /** Whether a sequence leaves a state of fixed size somewhere. */
    public boolean isRecurrent() {
        return layers.stream().anyMatch(layer -> layer.stateElements() > 0);
    }

    /** Of tensors with other names, such as those of experts, the stated width counts, with a gate. */
    private static int feedForward(TensorPlaces places, GgufFile file, String architecture) throws IOException {
        if (places.feedForward() > 0) {
            return Math.clamp(places.feedForward(), 0, 1 << 25);
        }
        String key = architecture + ".feed_forward_length";
        long most = file.integer(key).orElse(0);
        for (long length : file.integers(key).orElse(new long[0])) {
            most = Math.max(most, length);
        }
        return 2 * Math.clamp(most, 0, 1 << 24);
    }

    static int small(GgufFile file, String key) {
        return Math.clamp(file.integer(key).orElse(0), 0, 1 << 30);
    }

    /**
     * How much a sequence leaves in a recurrent layer: numbers of four bytes, 0 if the file states none of the known
     * sizes.
     *
     * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-hparams.cpp">n_embd_r and n_embd_s in
     *     llama-hparams.cpp of llama.cpp 0.5.0</a>
     */
    private static long recurrentElements(GgufFile file, String architecture, GgufModel model) {
        long width = model.dimensions().embedding();
        long rwkvHead = small(file, architecture + ".wkv.head_size");
        if (rwkvHead > 0) {
            long shifts = Math.max(
                    1, file.integer(architecture + ".token_shift_count").orElse(2));
            return width * shifts + width * rwkvHead;
        }
        long shortConvolution = small(file, architecture + ".shortconv.l_cache");
        if (shortConvolution > 0) {
            return width * (shortConvolution - 1);
        }
        long convolution = small(file, architecture + ".ssm.conv_kernel");
        long deltaHead = small(file, architecture + ".kda.head_dim");
        if (deltaHead > 0) {
            long inner = model.dimensions().heads() * deltaHead;
            return 3 * ((convolution > 0 ? convolution : DEFAULT_CONVOLUTION) - 1) * inner + deltaHead * inner;
        }
        long inner = small(file, architecture + ".ssm.inner_size");
        long state = small(file, architecture + ".ssm.state_size");
        long groups = small(file, architecture + ".ssm.group_count");
        return Math.max(0, convolution - 1) * (inner + 2 * groups * state) + state * inner;
    }
}
