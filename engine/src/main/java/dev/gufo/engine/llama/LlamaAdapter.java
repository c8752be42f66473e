package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * {@code struct llama_adapter_lora}: a LoRA adapter's weights, which lie where the weights are that they change. It
 * belongs to its model and is freed with it; any thread.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_adapter_lora_init, llama.h of
 *     llama.cpp 0.5.0</a>
 */
public final class LlamaAdapter {
    private static final MethodHandle INIT = C.function("llama_adapter_lora_init", C.POINTER, C.POINTER, C.POINTER);

    private final LlamaModel model;
    private final MemorySegment pointer;

    private LlamaAdapter(LlamaModel model, MemorySegment pointer) {
        this.model = model;
        this.pointer = pointer;
    }

    /**
     * An adapter and how strongly it takes effect.
     *
     * @param scale finite
     */
    public record Scaled(LlamaAdapter adapter, float scale) {}

    static LlamaAdapter load(LlamaModel model, Path file) {
        NativeLog.takeErrors();
        MemorySegment pointer;
        try (Arena arena = Arena.ofConfined()) {
            pointer = (MemorySegment) INIT.invokeExact(model.pointer(), arena.allocateFrom(file.toString()));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_adapter_lora_init", t);
        }
        if (pointer.address() == 0) {
            throw new LoadFailed(
                    "the adapter %s can't be loaded: %s".formatted(file.getFileName(), NativeLog.takeErrors()));
        }
        return new LlamaAdapter(model, pointer);
    }

    LlamaModel model() {
        return model;
    }

    MemorySegment pointer() {
        return pointer;
    }
}
