package dev.gufo.engine.plan;

import dev.gufo.engine.KvType;
import dev.gufo.gguf.MemoryShape;

/**
 * Bytes of what llama.cpp allocates besides weights. Caches follow its code to the byte; compute buffers are an
 * estimate.
 *
 * <p>A compute buffer holds what lives at the same time in the graph of {@code u} tokens. Its inputs are there
 * throughout: attention's mask over {@code c} cells and some numbers for each token. Beside them lies the most of
 * three: what the feed-forward layer computes between and seven rows of the hidden state; the scores of all heads, if
 * they are not computed in tiles, and the same seven rows; or the logits. An encoder has either the seven rows or the
 * feed-forward layer and three. Measured with llama.cpp 0.5.0 on a CPU, models of 3, 10, 22 and 270 million parameters,
 * {@code u} 64 to 2,048 and {@code c} 64 to 8,192, that is 0 to 12 % more than it takes; other architectures may lie
 * outside of that.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp">llama-kv-cache.cpp of
 *     llama.cpp 0.5.0</a>
 */
final class Estimates {
    private static final int HIDDEN_ROWS = 7;
    private static final int ENCODER_ROWS = 3; // beside the feed-forward layer
    private static final int OUTPUT_ROWS = 2; // beside the logits
    private static final int SMALL_INPUTS = 64; // bytes for each token: a quantized cache has inputs of its own
    private static final int VECTOR_ROWS = 2; // the tokens' vectors, and their copy for a GPU

    /** Of a token: its id and position, which outputs are wanted, and where its keys and values go. */
    private static final int INDEX_BYTES = 3 * Integer.BYTES + 2 * Long.BYTES;

    /**
     * Left free on a GPU: CUDA's own context, cuBLAS's workspace, buffers that kernels ask for as they run, and the
     * driver's rounding. On an H200 the context took 526 MiB, and all of it 605 MiB with a model of 8 billion
     * parameters in Q4_K_M.
     */
    private static final long RESERVE = 640L << 20;

    /**
     * The same with Vulkan, which has no library of the kind: its buffers for a product are a batch's activations in
     * half precision and partial sums, and its driver rounds each allocation. An estimate.
     */
    private static final long VULKAN_RESERVE = 128L << 20;

    private Estimates() {}

    /** What a layer keeps of all sequences. */
    static long kvBytes(MemoryShape shape, MemoryShape.Layer layer, Demand demand) {
        long cells = layer.windowed() ? demand.windowCells(shape.slidingWindow()) : demand.allCells();
        return cells * rowBytes(demand.compute().keys(), layer.keyElements())
                + cells * rowBytes(demand.compute().values(), layer.valueElements())
                + layer.stateElements() * Float.BYTES * demand.sequences();
    }

    private static long rowBytes(KvType type, long elements) {
        return type.ggmlType().bytes(elements);
    }

    /** What is left free on a GPU; of one that was not asked yet, what the greediest backend needs. */
    static long reserveBytes(DeviceMemory gpu) {
        return gpu.name().startsWith("Vulkan") ? VULKAN_RESERVE : RESERVE;
    }

    /**
     * What the host keeps for a graph that GPUs compute, in memory that is pinned for them: its inputs, and the tokens'
     * vectors, which are looked up there. Measured with Vulkan and the models above that is 0 to 2 % more than it
     * takes, and of an encoder about 20 %.
     *
     * @param tiles whether attention is computed in tiles
     */
    static long inputBytes(MemoryShape shape, Demand demand, boolean tiles) {
        long rows = shape.isCached() ? VECTOR_ROWS : 2L * VECTOR_ROWS; // an encoder looks up positions and types, too
        long places = tiles ? 0 : Long.BYTES * most(shape); // values lie across then, each with a place of its own
        return demand.microBatchTokens()
                * (tokenInputs(shape, demand, tiles) + SMALL_INPUTS + places + rows * Float.BYTES * shape.width());
    }

    /** Values that a token leaves in the layer that takes most. */
    private static long most(MemoryShape shape) {
        return shape.layers().stream()
                .mapToLong(MemoryShape.Layer::valueElements)
                .max()
                .orElse(0);
    }

    /**
     * Intermediate results on one device.
     *
     * @param tiles whether attention is computed in tiles
     */
    static long computeBytes(MemoryShape shape, Demand demand, boolean tiles) {
        long tokens = demand.microBatchTokens();
        long cells = shape.isCached() ? demand.cells() : tokens;
        long inputs = tokenInputs(shape, demand, tiles);
        long hidden = (long) HIDDEN_ROWS * shape.width();
        long layer = shape.isCached()
                ? shape.feedForward() + hidden
                : Math.max(hidden, shape.feedForward() + (long) ENCODER_ROWS * shape.width());
        long attention = hidden + (tiles ? 0 : shape.heads() * cells);
        long outputs = demand.outputs() * (shape.vocabulary() + (long) OUTPUT_ROWS * shape.width());
        return tokens * inputs + Float.BYTES * Math.max(tokens * Math.max(layer, attention), outputs);
    }

    /** Of one token: attention's masks over the cells, and some numbers. */
    private static long tokenInputs(MemoryShape shape, Demand demand, boolean tiles) {
        long cells = shape.isCached() ? demand.cells() : demand.microBatchTokens();
        long seen = cells;
        if (shape.slidingWindow() > 0) {
            long own = demand.pooled() || demand.vectors() ? 1 : demand.sequences();
            seen += shape.hasWindow() ? demand.windowCells(shape.slidingWindow()) / own : cells;
        }
        long pooled = shape.isCached() ? 0 : (long) Float.BYTES * demand.sequences(); // which tokens are
        return INDEX_BYTES + seen * (tiles ? Short.BYTES : Float.BYTES) + pooled;
    }
}
