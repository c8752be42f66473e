package dev.gufo.engine.llama;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.Pooling;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * {@code struct llama_model}: the weights and the vocabulary. Everything but {@link #close} may be called from any
 * thread.
 */
public final class LlamaModel implements AutoCloseable {
    private static final MethodHandle LOAD =
            C.function("llama_model_load_from_file", C.POINTER, C.POINTER, ModelParams.LAYOUT);
    private static final MethodHandle FREE = C.procedure("llama_model_free", C.POINTER);
    private static final MethodHandle VOCABULARY = C.function("llama_model_get_vocab", C.POINTER, C.POINTER);
    private static final MethodHandle DESCRIPTION = C.function("llama_model_desc", C.INT, C.POINTER, C.POINTER, C.SIZE);

    private static final MethodHandle METADATA =
            C.function("llama_model_meta_val_str", C.INT, C.POINTER, C.POINTER, C.POINTER, C.SIZE);

    private static final int CONTEXT_TYPE_MTP = 1; // LLAMA_CONTEXT_TYPE_MTP, llama.h of llama.cpp 0.5.0

    private final MemorySegment pointer;
    private final int gpuLayers;
    private final Optional<HiddenStates> hiddenStates;
    private final Vocabulary vocabulary;
    private boolean closed;

    private LlamaModel(MemorySegment pointer, int gpuLayers, Optional<HiddenStates> hiddenStates) {
        this.pointer = pointer;
        this.gpuLayers = gpuLayers;
        this.hiddenStates = hiddenStates;
        try {
            boolean cased =
                    metadata(pointer, "tokenizer.ggml.normalizer.lowercase").equals("false");
            this.vocabulary = new Vocabulary((MemorySegment) VOCABULARY.invokeExact(pointer), !cased);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_model_get_vocab", t);
        }
    }

    /**
     * Loads a model.
     *
     * @param file a GGUF file that was validated before
     * @param gpuLayers layers to place on GPUs, negative for all; one more than there are takes what follows the last
     *     as well. Without a GPU none are
     * @param compute how it is spread over several GPUs
     * @param percent is told 0 to 100 on the loading thread
     * @throws LoadFailed if llama.cpp can't load it
     */
    public static LlamaModel load(
            LlamaLibrary library, Path file, int gpuLayers, ComputeSettings compute, IntConsumer percent) {
        return load(library, file, gpuLayers, compute, _ -> {}, percent);
    }

    /** The same with the layers that predict ahead, for {@link #newMtpContext}. */
    public static LlamaModel loadWithMtp(
            LlamaLibrary library, Path file, int gpuLayers, ComputeSettings compute, IntConsumer percent) {
        return load(library, file, gpuLayers, compute, ModelParams::withMtp, percent);
    }

    /** @param more sets what is other than llama.cpp's defaults */
    private static LlamaModel load(
            LlamaLibrary library,
            Path file,
            int gpuLayers,
            ComputeSettings compute,
            Consumer<ModelParams> more,
            IntConsumer percent) {
        NativeLog.takeErrors();
        boolean hasGpu = library.devices().stream().anyMatch(LlamaLibrary.Device::gpu);
        int wanted = hasGpu ? gpuLayers : 0;
        MemorySegment pointer;
        try (Arena arena = Arena.ofConfined()) {
            ModelParams params = ModelParams.defaults(arena);
            if (wanted == 0) {
                params.withoutGpus(arena);
            } else {
                params.gpuLayers(wanted);
                params.spread(compute, arena);
            }
            more.accept(params);
            params.progressCallback(Progress.callback(percent, arena));
            pointer = (MemorySegment) LOAD.invokeExact(arena.allocateFrom(file.toString()), params.segment);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_model_load_from_file", t);
        }
        if (pointer.address() == 0) {
            throw new LoadFailed("%s can't be loaded: %s".formatted(file.getFileName(), NativeLog.takeErrors()));
        }
        return new LlamaModel(pointer, wanted, library.hiddenStates());
    }

    /** Loads a model, spread over GPUs as llama.cpp does it by itself. */
    public static LlamaModel load(LlamaLibrary library, Path file, int gpuLayers, IntConsumer percent) {
        return load(library, file, gpuLayers, ComputeSettings.DEFAULT, percent);
    }

    /**
     * Loads a LoRA adapter beside the weights; it is freed with them.
     *
     * @param file a GGUF file that was validated against this model before. Adapters come before contexts, which make
     *     room in their graphs for all that there are
     * @throws LoadFailed if llama.cpp can't load it
     */
    public LlamaAdapter loadAdapter(Path file) {
        return LlamaAdapter.load(this, file);
    }

    /** A context of its own, owned by the calling thread, with keys and values in two bytes each. */
    public LlamaContext newContext(ContextLimits limits) {
        return newContext(limits, ComputeSettings.DEFAULT);
    }

    /** A context of its own, owned by the calling thread. */
    public LlamaContext newContext(ContextLimits limits, ComputeSettings compute) {
        return new LlamaContext(this, limits, params -> params.cache(compute));
    }

    /**
     * A context that runs the layer that predicts ahead and no other, owned by the calling thread: a token enters with
     * the hidden state of the token before it ({@link TokenBatch#pairWith}), and the logits are of the token behind it.
     * It keeps hidden states.
     *
     * @throws LoadFailed if the model was loaded without that layer, or memory is short
     */
    public LlamaContext newMtpContext(ContextLimits limits, ComputeSettings compute) {
        LlamaContext context = new LlamaContext(this, limits, params -> {
            params.cache(compute);
            params.set("ctx_type", CONTEXT_TYPE_MTP);
        });
        context.keepHiddenStates();
        return context;
    }

    /**
     * A context for vectors, owned by the calling thread.
     *
     * @throws LoadFailed if memory is short
     */
    public EmbeddingContext newEmbeddingContext(Pooling pooling, EmbeddingLimits limits) {
        return new EmbeddingContext(this, pooling, limits);
    }

    /** Its tokens; valid while this is open. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** One line such as {@code llama 8B Q4_K - Medium}. */
    public String description() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(256);
            int length = (int) DESCRIPTION.invokeExact(pointer, buffer, buffer.byteSize());
            return length <= 0 ? "" : buffer.getString(0);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_model_desc", t);
        }
    }

    /** {@code llama_model_n_params}. */
    public long parameters() {
        return longOf("llama_model_n_params");
    }

    /** Bytes of all tensors, {@code llama_model_size}. */
    public long bytes() {
        return longOf("llama_model_size");
    }

    /** Transformer blocks. */
    public int layers() {
        return intOf("llama_model_n_layer");
    }

    /** Blocks that were placed on a GPU. */
    public int gpuLayers() {
        return gpuLayers < 0 ? layers() : Math.min(gpuLayers, layers());
    }

    /** Tokens that layers with a sliding window look back; 0 if there are none. */
    public int windowTokens() {
        return intOf("llama_model_n_swa");
    }

    /** Whether a part of a sequence's state can be taken back: not so for recurrent and hybrid models. */
    public boolean canRewind() {
        return !flag("llama_model_is_recurrent") && !flag("llama_model_is_hybrid");
    }

    /** Whether it generates text token by token; an encoder or a diffusion model does not. */
    public boolean isDecoder() {
        return flag("llama_model_has_decoder") && !flag("llama_model_has_encoder") && !flag("llama_model_is_diffusion");
    }

    /** Whether it is an encoder and nothing else. */
    public boolean isEncoder() {
        return flag("llama_model_has_encoder") && !flag("llama_model_has_decoder");
    }

    /** Numbers in a token's vector. */
    int width() {
        return intOf("llama_model_n_embd_out");
    }

    /** Numbers that its classifier gives. */
    int classes() {
        return intOf("llama_model_n_cls_out");
    }

    Optional<HiddenStates> hiddenStates() {
        return hiddenStates;
    }

    MemorySegment pointer() {
        return pointer;
    }

    /** Frees the weights; all contexts must be closed. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            FREE.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_model_free", t);
        }
    }

    /** A short value of the file's metadata as text; {@code ""} if it has none. */
    private static String metadata(MemorySegment pointer, String key) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(64);
            int length = (int) METADATA.invokeExact(pointer, arena.allocateFrom(key), value, value.byteSize());
            return length < 0 ? "" : value.getString(0);
        }
    }

    private int intOf(String function) {
        try {
            return (int) C.function(function, C.INT, C.POINTER).invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature(function, t);
        }
    }

    private long longOf(String function) {
        try {
            return (long) C.function(function, C.LONG, C.POINTER).invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature(function, t);
        }
    }

    private boolean flag(String function) {
        try {
            return (boolean) C.function(function, C.BOOL, C.POINTER).invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature(function, t);
        }
    }

    /** {@code llama_progress_callback}: tells a listener and lets the loading go on. */
    private static final class Progress {
        private final IntConsumer percent;
        private int last = -1;

        private Progress(IntConsumer percent) {
            this.percent = percent;
        }

        static MemorySegment callback(IntConsumer percent, Arena arena) {
            try {
                MethodHandle target = MethodHandles.lookup()
                        .findVirtual(
                                Progress.class,
                                "onProgress",
                                MethodType.methodType(boolean.class, float.class, MemorySegment.class));
                return C.callback(
                        target.bindTo(new Progress(percent)), FunctionDescriptor.of(C.BOOL, C.FLOAT, C.POINTER), arena);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(e.getMessage(), e);
            }
        }

        @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // called by llama.cpp, with what C passes
        private boolean onProgress(float progress, MemorySegment userData) {
            int now = Math.clamp((long) (progress * 100), 0, 100);
            if (now != last) {
                last = now;
                percent.accept(now);
            }
            return true;
        }
    }
}
