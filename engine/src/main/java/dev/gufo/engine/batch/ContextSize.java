package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufModel;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long an input for vectors can be when nobody asked for a length: the training's, or as much of it as there is memory for. */
final class ContextSize {
    private static final Logger LOG = LoggerFactory.getLogger(ContextSize.class);

    /** Share of the free memory that KV may take; the rest is for compute buffers and everyone else. */
    private static final double KV_SHARE = 0.6;

    private static final int STEP = 256;

    private ContextSize() {}

    /**
     * Tokens per sequence.
     *
     * @param model takes its share of the memory
     * @param devices as the library lists them; if one is a GPU, its free memory counts
     * @throws EngineException.Broken if not even {@value #STEP} tokens fit
     */
    static int thatFits(GgufModel file, int sequences, LlamaModel model, List<LlamaLibrary.Device> devices) {
        long free = devices.stream()
                .filter(LlamaLibrary.Device::gpu)
                .mapToLong(LlamaLibrary.Device::freeBytes)
                .max()
                .orElseGet(() -> devices.stream()
                        .mapToLong(LlamaLibrary.Device::freeBytes)
                        .max()
                        .orElse(Long.MAX_VALUE));
        return thatFits(file, sequences, free - model.bytes());
    }

    static int thatFits(GgufModel file, int sequences, long freeBytes) {
        long perToken = Math.max(1, file.kvBytesPerToken(GgmlType.F16)) * sequences;
        long most = (long) (freeBytes * KV_SHARE) / perToken;
        if (most >= file.contextLength()) {
            return file.contextLength();
        }
        int fitting = (int) (most / STEP * STEP);
        if (fitting < STEP) {
            throw new EngineException.Broken(
                    "%,d bytes of free memory hold no context for %d sequences, use a smaller --parallel"
                            .formatted(freeBytes, sequences));
        }
        LOG.warn(
                "the context is {} tokens per sequence, not the {} of the training: KV memory for {} sequences would not fit; use a smaller --parallel or set --ctx-size",
                fitting,
                file.contextLength(),
                sequences);
        return fitting;
    }
}
