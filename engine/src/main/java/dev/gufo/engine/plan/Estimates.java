package dev.gufo.engine.plan;

import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvType;
import dev.gufo.gguf.MemoryShape;

/**
 * Bytes of what llama.cpp allocates besides weights. Caches follow its code to the byte; compute buffers are an estimate.
 *
 * <p>A compute buffer holds what lives at the same time in the graph of {@code u} tokens: two rows of the feed-forward layer and seven of
 * the hidden state, four bytes each, beside attention's mask over {@code c} cells, two bytes each. Without flash attention the scores of all
 * heads and the mask are there in four bytes. Measured with llama.cpp 0.5.0 on models of 3, 10 and 270 million parameters, {@code u} 128 and
 * 512 and {@code c} 512 to 8,192, that is 0 to 10 % more than it takes.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp">llama-kv-cache.cpp of llama.cpp 0.5.0</a>
 */
final class Estimates {
    private static final int HIDDEN_ROWS = 7;
    private static final int FEED_FORWARD_ROWS = 2;

    /** Left free on a GPU: cuBLAS's workspace, buffers that kernels ask for as they run, and the driver's rounding. */
    static final long GPU_RESERVE = 512L << 20;

    /** Left free in main memory, for the processes themselves. */
    static final long HOST_RESERVE = 256L << 20;

    private Estimates() {}

    /** What a layer keeps of all sequences. */
    static long kvBytes(MemoryShape.Layer layer, Demand demand) {
        if (!demand.cached()) {
            return 0;
        }
        long cells = demand.cells() * demand.sequences();
        return cells * rowBytes(demand.compute().keys(), layer.keyElements())
                + cells * rowBytes(demand.compute().values(), layer.valueElements())
                + layer.stateElements() * Float.BYTES * demand.sequences();
    }

    private static long rowBytes(KvType type, long elements) {
        return type.ggmlType().bytes(elements);
    }

    /** Intermediate results on one device. */
    static long computeBytes(MemoryShape shape, Demand demand) {
        long tokens = demand.microBatchTokens();
        long activations =
                Float.BYTES * ((long) FEED_FORWARD_ROWS * shape.feedForward() + (long) HIDDEN_ROWS * shape.width());
        long perCell = demand.compute().flashAttention() == FlashAttention.OFF
                ? (long) Float.BYTES * (shape.heads() + 1)
                : Short.BYTES;
        long cells = demand.cached() ? demand.cells() : demand.contextTokens();
        long logits = (long) Float.BYTES * demand.outputs() * shape.vocabulary();
        return tokens * (activations + perCell * cells) + logits;
    }
}
