package dev.gufo.engine.llama;

import dev.gufo.engine.ComputeSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code struct llama_model_params}, passed by value.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama.h of llama.cpp 0.5.0</a>
 */
final class ModelParams {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    C.POINTER.withName("devices"),
                    C.POINTER.withName("tensor_buft_overrides"),
                    C.INT.withName("n_gpu_layers"),
                    C.INT.withName("split_mode"),
                    C.INT.withName("load_mode"),
                    C.INT.withName("lazy_mode"),
                    C.INT.withName("main_gpu"),
                    MemoryLayout.paddingLayout(4),
                    C.POINTER.withName("tensor_split"),
                    C.POINTER.withName("progress_callback"),
                    C.POINTER.withName("progress_callback_user_data"),
                    C.POINTER.withName("kv_overrides"),
                    C.BOOL.withName("vocab_only"),
                    C.BOOL.withName("check_tensors"),
                    C.BOOL.withName("use_extra_bufts"),
                    C.BOOL.withName("no_host"),
                    C.BOOL.withName("no_alloc"),
                    C.BOOL.withName("load_mtp"),
                    MemoryLayout.paddingLayout(2))
            .withName("llama_model_params");

    private static final MethodHandle DEFAULTS = C.function("llama_model_default_params", LAYOUT);
    private static final long GPU_LAYERS = offset("n_gpu_layers");
    private static final long PROGRESS_CALLBACK = offset("progress_callback");

    final MemorySegment segment;

    private ModelParams(MemorySegment segment) {
        this.segment = segment;
    }

    static ModelParams defaults(Arena arena) {
        try {
            return new ModelParams((MemorySegment) DEFAULTS.invokeExact((SegmentAllocator) arena));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_model_default_params", t);
        }
    }

    /** A negative number puts all layers on the GPU. */
    void gpuLayers(int layers) {
        segment.set(C.INT, GPU_LAYERS, layers);
    }

    /** Nothing goes to a GPU: neither weights, nor what llama.cpp would send there of the work of layers on the CPU. */
    void withoutGpus(Arena arena) {
        gpuLayers(0);
        segment.set(C.POINTER, offset("devices"), arena.allocate(C.POINTER)); // a list that ends at once
    }

    /** Loads the layers that predict ahead, too. */
    void withMtp() {
        segment.set(C.BOOL, offset("load_mtp"), true);
    }

    /** How it is spread over several GPUs. */
    void spread(ComputeSettings compute, Arena arena) {
        segment.set(
                C.INT,
                offset("split_mode"),
                switch (compute.splitMode()) {
                    case NONE -> 0; // LLAMA_SPLIT_MODE_NONE
                    case LAYER -> 1;
                    case ROW -> 2;
                });
        segment.set(C.INT, offset("main_gpu"), compute.mainGpu());
        if (!compute.tensorSplit().isEmpty()) {
            segment.set(C.POINTER, offset("tensor_split"), shares(compute, arena));
        }
    }

    /** {@code float[llama_max_devices()]}; those that were not named get nothing. */
    private static MemorySegment shares(ComputeSettings compute, Arena arena) {
        MethodHandle most = C.function("llama_max_devices", C.SIZE);
        MemorySegment shares;
        try {
            shares = arena.allocate(
                    C.FLOAT,
                    Math.max((long) most.invokeExact(), compute.tensorSplit().size()));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_max_devices", t);
        }
        for (int i = 0; i < compute.tensorSplit().size(); i++) {
            shares.setAtIndex(C.FLOAT, i, compute.tensorSplit().get(i));
        }
        return shares;
    }

    void progressCallback(MemorySegment callback) {
        segment.set(C.POINTER, PROGRESS_CALLBACK, callback);
    }

    /** Whether the defaults read as the header says they are. */
    boolean isAsDocumented() {
        return segment.get(C.INT, GPU_LAYERS) == -1
                && segment.get(C.INT, offset("split_mode")) == 1
                && segment.get(C.INT, offset("main_gpu")) == 0
                && segment.get(C.POINTER, offset("tensor_split")).address() == 0
                && segment.get(C.INT, offset("load_mode")) == -1
                && segment.get(C.INT, offset("lazy_mode")) == 1
                && segment.get(C.POINTER, PROGRESS_CALLBACK).address() == 0
                && segment.get(C.CHAR, offset("vocab_only")) == 0
                && segment.get(C.CHAR, offset("use_extra_bufts")) == 1
                && segment.get(C.CHAR, offset("load_mtp")) == 0;
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(PathElement.groupElement(field));
    }
}
