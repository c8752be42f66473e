package dev.gufo.engine;

import com.google.errorprone.annotations.FormatMethod;
import java.nio.file.Path;
import java.util.List;

/**
 * How to run one model.
 *
 * @param model the GGUF file, validated before any native code sees it
 * @param natives folder of the llama.cpp libraries
 * @param contextTokens tokens per sequence; 0 takes what the model was trained with, or as much of it as there is memory for
 * @param sequences sequences decoded together, 1 to 256; {@link #SEQUENCES_AUTO} as many as there is memory for
 * @param gpuLayers layers to put on the GPU; {@link #GPU_LAYERS_AUTO} as many as there is memory for, 0 none
 * @param threads most CPU threads of a step; 0 takes one for each core that the process may use, and one in all if every layer is on GPUs
 * @param stepTokens tokens in one decode call, prompts and generation together; at least {@code sequences}
 * @param queueLength requests that may wait; 0 or more
 * @param embeddings what the operator says about vectors
 * @param compute how the model lies in memory and is computed
 * @param adapters LoRA adapters that are loaded with the model, with different ids
 */
public record EngineSettings(
        Path model,
        Path natives,
        int contextTokens,
        int sequences,
        int gpuLayers,
        int threads,
        int stepTokens,
        int queueLength,
        EmbeddingSettings embeddings,
        ComputeSettings compute,
        List<AdapterSource> adapters) {
    /** Let the engine place as many layers on the GPUs as there is memory for. */
    public static final int GPU_LAYERS_AUTO = -1;

    /** Let the engine choose how many sequences are decoded together. */
    public static final int SEQUENCES_AUTO = -1;

    /** With vectors as the file says, computed as llama.cpp does by itself. */
    public EngineSettings(
            Path model,
            Path natives,
            int contextTokens,
            int sequences,
            int gpuLayers,
            int threads,
            int stepTokens,
            int queueLength) {
        this(
                model,
                natives,
                contextTokens,
                sequences,
                gpuLayers,
                threads,
                stepTokens,
                queueLength,
                EmbeddingSettings.DEFAULT,
                ComputeSettings.DEFAULT);
    }

    /** Without adapters. */
    public EngineSettings(
            Path model,
            Path natives,
            int contextTokens,
            int sequences,
            int gpuLayers,
            int threads,
            int stepTokens,
            int queueLength,
            EmbeddingSettings embeddings,
            ComputeSettings compute) {
        this(
                model,
                natives,
                contextTokens,
                sequences,
                gpuLayers,
                threads,
                stepTokens,
                queueLength,
                embeddings,
                compute,
                List.of());
    }

    public EngineSettings {
        require(contextTokens >= 0, "ctx-size must be 0 or more, is %d", contextTokens);
        require(
                sequences == SEQUENCES_AUTO || (sequences >= 1 && sequences <= 256),
                "parallel must be auto or 1 to 256, is %d",
                sequences);
        require(gpuLayers >= GPU_LAYERS_AUTO, "gpu-layers must be auto or 0 or more, is %d", gpuLayers);
        require(threads >= 0 && threads <= 512, "threads must be 0 to 512, is %d", threads);
        require(
                stepTokens >= Math.max(1, sequences),
                "step-tokens must be at least %d (parallel), is %d",
                sequences,
                stepTokens);
        require(queueLength >= 0, "queue-length must be 0 or more, is %d", queueLength);
        adapters = AdapterSource.distinct(adapters);
    }

    /** The same with a size that fits the machine's memory, and nothing left to choose. */
    public EngineSettings sized(int newContextTokens, int newSequences, int newGpuLayers) {
        return new EngineSettings(
                model,
                natives,
                newContextTokens,
                newSequences,
                newGpuLayers,
                threads,
                stepTokens,
                queueLength,
                embeddings,
                compute,
                adapters);
    }

    /** The same with these adapters. */
    public EngineSettings withAdapters(List<AdapterSource> newAdapters) {
        return new EngineSettings(
                model,
                natives,
                contextTokens,
                sequences,
                gpuLayers,
                threads,
                stepTokens,
                queueLength,
                embeddings,
                compute,
                newAdapters);
    }

    @FormatMethod
    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
