package dev.gufo.engine.llama;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SwaFull;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code struct llama_context_params}, passed by value.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama.h of llama.cpp 0.5.0</a>
 */
final class ContextParams {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    C.INT.withName("n_ctx"),
                    C.INT.withName("n_batch"),
                    C.INT.withName("n_ubatch"),
                    C.INT.withName("n_seq_max"),
                    C.INT.withName("n_rs_seq"),
                    C.INT.withName("n_outputs_max"),
                    C.INT.withName("n_outputs_max_per_seq"),
                    C.INT.withName("n_threads"),
                    C.INT.withName("n_threads_batch"),
                    C.INT.withName("ctx_type"),
                    C.INT.withName("rope_scaling_type"),
                    C.INT.withName("pooling_type"),
                    C.INT.withName("attention_type"),
                    C.INT.withName("flash_attn_type"),
                    C.FLOAT.withName("rope_freq_base"),
                    C.FLOAT.withName("rope_freq_scale"),
                    C.FLOAT.withName("yarn_ext_factor"),
                    C.FLOAT.withName("yarn_attn_factor"),
                    C.FLOAT.withName("yarn_beta_fast"),
                    C.FLOAT.withName("yarn_beta_slow"),
                    C.INT.withName("yarn_orig_ctx"),
                    C.FLOAT.withName("defrag_thold"),
                    C.POINTER.withName("cb_eval"),
                    C.POINTER.withName("cb_eval_user_data"),
                    C.INT.withName("type_k"),
                    C.INT.withName("type_v"),
                    C.POINTER.withName("abort_callback"),
                    C.POINTER.withName("abort_callback_data"),
                    C.BOOL.withName("embeddings"),
                    C.BOOL.withName("offload_kqv"),
                    C.BOOL.withName("no_perf"),
                    C.BOOL.withName("op_offload"),
                    C.BOOL.withName("swa_full"),
                    C.BOOL.withName("kv_unified"),
                    MemoryLayout.paddingLayout(2),
                    C.POINTER.withName("samplers"),
                    C.SIZE.withName("n_samplers"),
                    C.POINTER.withName("ctx_other"))
            .withName("llama_context_params");

    private static final MethodHandle DEFAULTS = C.function("llama_context_default_params", LAYOUT);
    // enum ggml_type, ggml.h
    private static final int GGML_TYPE_F16 = 1;
    private static final int GGML_TYPE_Q4_0 = 2;
    private static final int GGML_TYPE_Q8_0 = 8;

    final MemorySegment segment;

    private ContextParams(MemorySegment segment) {
        this.segment = segment;
    }

    static ContextParams defaults(Arena arena) {
        try {
            return new ContextParams((MemorySegment) DEFAULTS.invokeExact((SegmentAllocator) arena));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_context_default_params", t);
        }
    }

    void set(String field, int value) {
        segment.set(C.INT, offset(field), value);
    }

    void set(String field, boolean value) {
        segment.set(C.BOOL, offset(field), value);
    }

    /** How the KV cache stores its numbers and sequences share it, and how attention reads them. */
    void cache(ComputeSettings compute) {
        set("type_k", id(compute.keys()));
        set("type_v", id(compute.values()));
        set("kv_unified", compute.sharesKv());
        set("swa_full", compute.swaFull() != SwaFull.OFF);
        set(
                "flash_attn_type",
                switch (compute.flashAttention()) {
                    case AUTO -> -1; // LLAMA_FLASH_ATTN_TYPE_AUTO
                    case OFF -> 0;
                    case ON -> 1;
                });
    }

    private static int id(KvType type) {
        return switch (type) {
            case F16 -> GGML_TYPE_F16;
            case Q8_0 -> GGML_TYPE_Q8_0;
            case Q4_0 -> GGML_TYPE_Q4_0;
        };
    }

    /** Whether the defaults read as the header and its implementation say they are. */
    boolean isAsDocumented() {
        return get("n_ctx") == 512
                && get("n_batch") == 2_048
                && get("n_ubatch") == 512
                && get("n_seq_max") == 1
                && get("flash_attn_type") == -1
                && segment.get(C.FLOAT, offset("yarn_ext_factor")) == -1f
                && segment.get(C.FLOAT, offset("defrag_thold")) == -1f
                && get("type_k") == GGML_TYPE_F16
                && get("type_v") == GGML_TYPE_F16
                && segment.get(C.CHAR, offset("embeddings")) == 0
                && segment.get(C.CHAR, offset("offload_kqv")) == 1
                && segment.get(C.CHAR, offset("swa_full")) == 1
                && segment.get(C.CHAR, offset("kv_unified")) == 0
                && segment.get(C.SIZE, offset("n_samplers")) == 0
                && segment.get(C.POINTER, offset("ctx_other")).address() == 0;
    }

    private int get(String field) {
        return segment.get(C.INT, offset(field));
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(PathElement.groupElement(field));
    }
}
