package dev.gufo.engine.llama;

import dev.gufo.engine.Pooling;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * A {@code struct llama_context} that makes vectors. Belongs to the thread that opened it.
 *
 * <p>A model that must see all of an input at once pools inside llama.cpp. One that reads from left to right may get an
 * input in pieces, over which llama.cpp would not pool: it gives a vector for each token, and they are pooled here.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_get_embeddings_*,
 *     llama_encode, llama.h of llama.cpp 0.5.0</a>
 */
public final class EmbeddingContext implements AutoCloseable {
    private static final MethodHandle ENCODE = C.function("llama_encode", C.INT, C.POINTER, TokenBatch.LAYOUT);
    private static final MethodHandle OF_SEQUENCE = C.function("llama_get_embeddings_seq", C.POINTER, C.POINTER, C.INT);
    private static final MethodHandle OF_TOKEN = C.function("llama_get_embeddings_ith", C.POINTER, C.POINTER, C.INT);
    private static final int POOLING_NONE = 0; // llama_pooling_type

    private final LlamaContext context;
    private final Pooling pooling;
    private final boolean pooledHere;
    private final boolean encoder;
    private final int sequences;
    private final int dimensions;
    private final double[] kept; // of the pieces before the last one
    private boolean hasKept;

    EmbeddingContext(LlamaModel model, Pooling pooling, EmbeddingLimits limits) {
        this.pooling = pooling;
        pooledHere = !limits.whole() && pooling != Pooling.RANK;
        encoder = model.isEncoder();
        dimensions = pooling == Pooling.RANK ? model.classes() : model.width();
        kept = new double[dimensions];
        int tokens = limits.batchTokens();
        sequences = limits.sequences();
        var size = new ContextLimits(sequences, limits.cells(), tokens, tokens, tokens, limits.threads());
        context = new LlamaContext(model, size, params -> {
            params.set("n_ctx", limits.cells());
            params.set("kv_unified", true);
            params.set("embeddings", true);
            params.set("pooling_type", pooledHere ? POOLING_NONE : id(pooling));
        });
    }

    private static int id(Pooling pooling) {
        return switch (pooling) {
            case MEAN -> 1;
            case CLS -> 2;
            case LAST -> 3;
            case RANK -> 4;
        };
    }

    /** The CPU threads that compute. */
    public Threadpool threads() {
        return context.threads();
    }

    /** {@link LlamaContext#whileComputing}. */
    public void whileComputing(Runnable action) {
        context.whileComputing(action);
    }

    /** Inputs that one batch can hold: their ids are 0 to this less 1. */
    public int sequences() {
        return sequences;
    }

    /** Numbers in a vector. */
    public int dimensions() {
        return dimensions;
    }

    /** An empty batch of this context's size. */
    public TokenBatch newBatch() {
        return context.newBatch();
    }

    /**
     * Computes a batch in which every token is an output: whole inputs from position 0 on, or a piece of one.
     *
     * @throws DecodeFailed if llama.cpp gave up; this context must be closed
     */
    public void compute(TokenBatch batch) {
        if (!encoder) {
            if (!context.decode(batch)) {
                throw new AssertionError("a batch of %d tokens does not fit an empty cache".formatted(batch.size()));
            }
            return;
        }
        int code;
        threads().begin();
        try {
            code = (int) ENCODE.invokeExact(context.pointer(), batch.struct());
        } catch (Throwable t) {
            throw C.wrongSignature("llama_encode", t);
        } finally {
            threads().end();
        }
        if (code != 0) {
            throw new DecodeFailed(
                    "llama_encode returned %d for %d tokens: %s".formatted(code, batch.size(), NativeLog.takeErrors()));
        }
    }

    /** Keeps what the last batch, a piece of an input of which more pieces follow, adds to the input's vector. */
    public void keep(int count) {
        if (pooledHere && pooling == Pooling.MEAN) {
            for (int i = 0; i < count; i++) {
                add(kept, token(i));
            }
        } else if (pooledHere && pooling == Pooling.CLS && !hasKept) {
            add(kept, token(0));
        }
        hasKept = true;
    }

    /**
     * The vector of an input whose last token is in the last batch.
     *
     * @param sequence its id in the batch
     * @param first index in the batch of its first token there
     * @param count how many of its tokens are in the batch
     * @param length how many it has
     * @return {@link #dimensions} numbers, of length 1 but with {@link Pooling#RANK}
     * @throws DecodeFailed if one of them is not finite
     */
    public float[] vector(int sequence, int first, int count, int length) {
        double[] vector = new double[dimensions];
        if (!pooledHere) {
            add(vector, ofSequence(sequence));
        } else {
            switch (pooling) {
                case MEAN -> {
                    add(vector, kept);
                    for (int i = first; i < first + count; i++) {
                        add(vector, token(i));
                    }
                }
                case CLS -> {
                    if (count == length) {
                        add(vector, token(first));
                    } else {
                        add(vector, kept);
                    }
                }
                case LAST -> add(vector, token(first + count - 1));
                case RANK -> throw new AssertionError("ranks come from llama.cpp");
            }
        }
        return pooling == Pooling.RANK ? asFloats(vector, 1) : asFloats(vector, 1 / norm(vector));
    }

    /** Ends the inputs of the last batch. */
    public void forgetAll() {
        Arrays.fill(kept, 0);
        hasKept = false;
        context.forgetAll();
    }

    private static void add(double[] sum, MemorySegment values) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += values.getAtIndex(C.FLOAT, i);
        }
    }

    private static void add(double[] sum, double[] values) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += values[i];
        }
    }

    private static double norm(double[] vector) {
        double squares = 0;
        for (double value : vector) {
            squares += value * value;
        }
        return squares == 0 ? 1 : Math.sqrt(squares);
    }

    private static float[] asFloats(double[] vector, double factor) {
        float[] floats = new float[vector.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) (vector[i] * factor);
            if (!Float.isFinite(floats[i])) {
                throw new DecodeFailed("a number of a vector is not finite");
            }
        }
        return floats;
    }

    private MemorySegment ofSequence(int sequence) {
        try {
            return vector((MemorySegment) OF_SEQUENCE.invokeExact(context.pointer(), sequence));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_get_embeddings_seq", t);
        }
    }

    private MemorySegment token(int index) {
        try {
            return vector((MemorySegment) OF_TOKEN.invokeExact(context.pointer(), index));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_get_embeddings_ith", t);
        }
    }

    private MemorySegment vector(MemorySegment pointer) {
        if (pointer.address() == 0) {
            throw new AssertionError("the last batch has no such vector");
        }
        return C.array(pointer, dimensions, C.FLOAT);
    }

    @Override
    public void close() {
        context.close();
    }
}
