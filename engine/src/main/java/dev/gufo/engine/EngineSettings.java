package dev.gufo.engine;

import com.google.errorprone.annotations.FormatMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How to run one model.
 *
 * @param model the GGUF file, validated before any native code sees it
 * @param natives folder of the llama.cpp libraries
 * @param contextTokens tokens per sequence; 0 takes what the model was trained with, or as much of it as there is
 *     memory for
 * @param sequences sequences decoded together, 1 to 256; {@link #SEQUENCES_AUTO} as many as there is memory for
 * @param gpuLayers layers to put on the GPU; {@link #GPU_LAYERS_AUTO} as many as there is memory for, 0 none
 * @param threads most CPU threads of a step; 0 takes one for each core that the process may use, and one in all if
 *     every layer is on GPUs
 * @param stepTokens tokens in one decode call, prompts and generation together; at least {@code sequences}
 * @param queueLength requests that may wait; 0 or more
 * @param embeddings what the operator says about vectors
 * @param cacheBytes main memory for computed prompts that no sequence has room for; 0 for none, {@link #CACHE_AUTO} a
 *     part of what is free
 * @param diskCache where computed prompts go that main memory has no room for; needs main memory
 * @param targetGap the gap between two tokens that prefill of other prompts may stretch a stream to
 * @param speculation whether tokens are guessed ahead, and how
 * @param draftModel GGUF file of a small model with the same vocabulary that guesses tokens
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
        long cacheBytes,
        Optional<DiskCache> diskCache,
        Duration targetGap,
        Speculation speculation,
        Optional<Path> draftModel,
        ComputeSettings compute,
        List<AdapterSource> adapters) {
    /** Let the engine place as many layers on the GPUs as there is memory for. */
    public static final int GPU_LAYERS_AUTO = -1;

    /** Let the engine choose how many sequences are decoded together. */
    public static final int SEQUENCES_AUTO = -1;

    /** Sequences that are decoded together unless the operator says otherwise. */
    public static final int DEFAULT_SEQUENCES = 8;

    /** Tokens of a step unless the operator says otherwise. */
    public static final int DEFAULT_STEP_TOKENS = 512;

    /** Requests that may wait unless the operator says otherwise. */
    public static final int DEFAULT_QUEUE_LENGTH = 64;

    /** Let the engine choose how much main memory computed prompts may take. */
    public static final long CACHE_AUTO = -1;

    /** The gap unless the operator says otherwise. */
    public static final Duration DEFAULT_TARGET_GAP = Duration.ofMillis(200);

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
        require(cacheBytes >= CACHE_AUTO, "cache-ram must be auto or 0 or more, is %d", cacheBytes);
        require(diskCache.isEmpty() || cacheBytes != 0, "cache-disk needs cache-ram, which is 0");
        require(
                targetGap.compareTo(Duration.ofMillis(1)) >= 0 && targetGap.compareTo(Duration.ofMinutes(1)) <= 0,
                "target-gap must be 1 ms to 1 min, is %s",
                targetGap);
        require(
                speculation != Speculation.DRAFT || draftModel.isPresent(),
                "speculate draft needs a draft-model, and there is none");
        adapters = AdapterSource.distinct(adapters);
    }

    /** The same with a size that fits the machine's memory, and nothing left to choose. */
    public EngineSettings sized(int newContextTokens, int newSequences, int newGpuLayers, long newCacheBytes) {
        return with().contextTokens(newContextTokens)
                .sequences(newSequences)
                .gpuLayers(newGpuLayers)
                .cacheBytes(newCacheBytes)
                .diskCache(newCacheBytes == 0 ? Optional.empty() : diskCache) // auto may come to nothing
                .build();
    }

    /** The same with {@link SwaFull#AUTO} decided. */
    public EngineSettings withSwaDecided() {
        if (compute.swaFull() != SwaFull.AUTO) {
            return this;
        }
        return with().compute(compute.withKv(cacheBytes == 0 ? SwaFull.ON : SwaFull.OFF))
                .build();
    }

    /** The same with these adapters. */
    public EngineSettings withAdapters(List<AdapterSource> newAdapters) {
        return with().adapters(newAdapters).build();
    }

    /** Settings of this model with these libraries, and the rest as {@link Builder} has it. */
    public static Builder of(Path model, Path natives) {
        return new Builder(model, natives);
    }

    /** A copy to be changed. */
    public Builder with() {
        Builder copy = new Builder(model, natives);
        copy.contextTokens = contextTokens;
        copy.sequences = sequences;
        copy.gpuLayers = gpuLayers;
        copy.threads = threads;
        copy.stepTokens = stepTokens;
        copy.queueLength = queueLength;
        copy.embeddings = embeddings;
        copy.cacheBytes = cacheBytes;
        copy.diskCache = diskCache;
        copy.targetGap = targetGap;
        copy.speculation = speculation;
        copy.draftModel = draftModel;
        copy.compute = compute;
        copy.adapters = adapters;
        return copy;
    }

    /** Names what it sets, and is checked as a whole when it is built. Used by one thread. */
    public static final class Builder {
        private final Path model;
        private final Path natives;
        private int contextTokens;
        private int sequences = DEFAULT_SEQUENCES;
        private int gpuLayers = GPU_LAYERS_AUTO;
        private int threads;
        private int stepTokens = DEFAULT_STEP_TOKENS;
        private int queueLength = DEFAULT_QUEUE_LENGTH;
        private EmbeddingSettings embeddings = EmbeddingSettings.DEFAULT;
        private long cacheBytes = CACHE_AUTO;
        private Optional<DiskCache> diskCache = Optional.empty();
        private Duration targetGap = DEFAULT_TARGET_GAP;
        private Speculation speculation = Speculation.AUTO;
        private Optional<Path> draftModel = Optional.empty();
        private ComputeSettings compute = ComputeSettings.DEFAULT;
        private List<AdapterSource> adapters = List.of();

        private Builder(Path model, Path natives) {
            this.model = model;
            this.natives = natives;
        }

        /** Sets {@link EngineSettings#contextTokens}. */
        public Builder contextTokens(int value) {
            contextTokens = value;
            return this;
        }

        /** Sets {@link EngineSettings#sequences}. */
        public Builder sequences(int value) {
            sequences = value;
            return this;
        }

        /** Sets {@link EngineSettings#gpuLayers}. */
        public Builder gpuLayers(int value) {
            gpuLayers = value;
            return this;
        }

        /** Sets {@link EngineSettings#threads}. */
        public Builder threads(int value) {
            threads = value;
            return this;
        }

        /** Sets {@link EngineSettings#stepTokens}. */
        public Builder stepTokens(int value) {
            stepTokens = value;
            return this;
        }

        /** Sets {@link EngineSettings#queueLength}. */
        public Builder queueLength(int value) {
            queueLength = value;
            return this;
        }

        /** Sets {@link EngineSettings#embeddings}. */
        public Builder embeddings(EmbeddingSettings value) {
            embeddings = value;
            return this;
        }

        /** Sets {@link EngineSettings#cacheBytes}. */
        public Builder cacheBytes(long value) {
            cacheBytes = value;
            return this;
        }

        /** Sets {@link EngineSettings#diskCache}. */
        public Builder diskCache(Optional<DiskCache> value) {
            diskCache = value;
            return this;
        }

        /** Sets {@link EngineSettings#targetGap}. */
        public Builder targetGap(Duration value) {
            targetGap = value;
            return this;
        }

        /** Sets {@link EngineSettings#speculation}. */
        public Builder speculation(Speculation value) {
            speculation = value;
            return this;
        }

        /** Sets {@link EngineSettings#draftModel}. */
        public Builder draftModel(Optional<Path> value) {
            draftModel = value;
            return this;
        }

        /** Sets {@link EngineSettings#compute}. */
        public Builder compute(ComputeSettings value) {
            compute = value;
            return this;
        }

        /** Sets {@link EngineSettings#adapters}. */
        public Builder adapters(List<AdapterSource> value) {
            adapters = value;
            return this;
        }

        /**
         * Makes the record.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public EngineSettings build() {
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
                    cacheBytes,
                    diskCache,
                    targetGap,
                    speculation,
                    draftModel,
                    compute,
                    adapters);
        }
    }

    @FormatMethod
    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
