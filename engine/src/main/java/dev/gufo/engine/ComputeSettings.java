package dev.gufo.engine;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;

/**
 * How a model lies in memory and is computed.
 *
 * @param keys how the KV cache stores keys
 * @param values how it stores values; quantized ones need flash attention
 * @param kvLayout how sequences share it
 * @param swaFull how much of it layers with a sliding window have
 * @param flashAttention whether attention is computed in tiles
 * @param splitMode how the model is spread over several GPUs
 * @param tensorSplit shares of the GPUs in their order, at most 16, none negative, not all 0; empty to go by their free
 *     memory
 * @param mainGpu the GPU that gets all of it with {@link SplitMode#NONE}, counted from 0
 * @param requireGpu whether to fail rather than run on the CPU alone
 */
public record ComputeSettings(
        KvType keys,
        KvType values,
        KvLayout kvLayout,
        SwaFull swaFull,
        FlashAttention flashAttention,
        SplitMode splitMode,
        List<Float> tensorSplit,
        int mainGpu,
        boolean requireGpu) {
    /** As llama.cpp does it by default, but for {@link SwaFull#AUTO}. */
    public static final ComputeSettings DEFAULT = new ComputeSettings(
            KvType.F16,
            KvType.F16,
            KvLayout.AUTO,
            SwaFull.AUTO,
            FlashAttention.AUTO,
            SplitMode.LAYER,
            List.of(),
            0,
            false);

    private static final int MOST_DEVICES =
            16; // GGML_CUDA_MAX_DEVICES, ggml-cuda.h, of which llama_max_devices follows

    public ComputeSettings {
        tensorSplit = List.copyOf(tensorSplit);
        require(
                !values.isQuantized() || flashAttention != FlashAttention.OFF,
                "flash-attention must be auto or on for values of kv-type %s",
                values);
        require(
                tensorSplit.size() <= MOST_DEVICES,
                "tensor-split must name at most %d GPUs, names %d",
                MOST_DEVICES,
                tensorSplit.size());
        require(
                tensorSplit.stream().allMatch(share -> Float.isFinite(share) && share >= 0)
                        && (tensorSplit.isEmpty() || tensorSplit.stream().anyMatch(share -> share > 0)),
                "tensor-split must be shares of 0 or more, and one above 0, is %s",
                tensorSplit);
        require(mainGpu >= 0 && mainGpu < MOST_DEVICES, "main-gpu must be 0 to %d, is %d", MOST_DEVICES - 1, mainGpu);
    }

    /** The same devices, with the cache and the attention that llama.cpp has by itself. */
    public ComputeSettings withDefaultCache() {
        return new ComputeSettings(
                DEFAULT.keys,
                DEFAULT.values,
                DEFAULT.kvLayout,
                SwaFull.ON,
                DEFAULT.flashAttention,
                splitMode,
                tensorSplit,
                mainGpu,
                requireGpu);
    }

    /** The same with a KV cache of these types. */
    public ComputeSettings withKv(KvType newKeys, KvType newValues) {
        return new ComputeSettings(
                newKeys, newValues, kvLayout, swaFull, flashAttention, splitMode, tensorSplit, mainGpu, requireGpu);
    }

    /** The same with a KV cache that sequences share like this. */
    public ComputeSettings withKv(KvLayout newLayout) {
        return new ComputeSettings(
                keys, values, newLayout, swaFull, flashAttention, splitMode, tensorSplit, mainGpu, requireGpu);
    }

    /** The same with a KV cache of layers with a sliding window like this. */
    public ComputeSettings withKv(SwaFull newSwaFull) {
        return new ComputeSettings(
                keys, values, kvLayout, newSwaFull, flashAttention, splitMode, tensorSplit, mainGpu, requireGpu);
    }

    /** Whether all sequences take cells of one pool. */
    public boolean sharesKv() {
        return kvLayout == KvLayout.SHARED;
    }

    @FormatMethod
    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
