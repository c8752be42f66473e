package dev.gufo.engine.llama;

import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.Logprobs;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@code struct llama_context}: the KV memory of some sequences and the computation on it. Belongs to the thread that
 * opened it; any other gets an {@link IllegalStateException}. Each sequence has KV memory of its own, so none takes
 * room from another.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama.h of llama.cpp 0.5.0</a>
 */
public final class LlamaContext implements AutoCloseable {
    private static final MethodHandle INIT =
            C.function("llama_init_from_model", C.POINTER, C.POINTER, ContextParams.LAYOUT);
    private static final MethodHandle FREE = C.procedure("llama_free", C.POINTER);
    private static final MethodHandle MEMORY = C.function("llama_get_memory", C.POINTER, C.POINTER);
    private static final MethodHandle CONTEXT_TOKENS = C.function("llama_n_ctx_seq", C.INT, C.POINTER);
    private static final MethodHandle DECODE = C.function("llama_decode", C.INT, C.POINTER, TokenBatch.LAYOUT);
    private static final MethodHandle SYNCHRONIZE = C.procedure("llama_synchronize", C.POINTER);
    private static final MethodHandle LOGITS = C.function("llama_get_logits_ith", C.POINTER, C.POINTER, C.INT);
    private static final MethodHandle REMOVE =
            C.function("llama_memory_seq_rm", C.BOOL, C.POINTER, C.INT, C.INT, C.INT);
    private static final MethodHandle FIRST = C.function("llama_memory_seq_pos_min", C.INT, C.POINTER, C.INT);
    private static final MethodHandle COPY = C.procedure("llama_memory_seq_cp", C.POINTER, C.INT, C.INT, C.INT, C.INT);
    private static final MethodHandle ADAPTERS =
            C.function("llama_set_adapters_lora", C.INT, C.POINTER, C.POINTER, C.SIZE, C.POINTER);
    private static final MethodHandle ABORT_CALLBACK =
            C.procedure("llama_set_abort_callback", C.POINTER, C.POINTER, C.POINTER);
    private static final MethodHandle CLEAR = C.procedure("llama_memory_clear", C.POINTER, C.BOOL);
    private static final MethodHandle STATE_BYTES =
            C.function("llama_state_seq_get_size_ext", C.SIZE, C.POINTER, C.INT, C.INT);
    private static final MethodHandle SAVE =
            C.function("llama_state_seq_get_data_ext", C.SIZE, C.POINTER, C.POINTER, C.SIZE, C.INT, C.INT);
    private static final MethodHandle RESTORE =
            C.function("llama_state_seq_set_data_ext", C.SIZE, C.POINTER, C.POINTER, C.SIZE, C.INT, C.INT);
    private static final int WHOLE = -1;
    private static final boolean OF_OUTPUTS_ALONE = false;

    /** A decode that is expected to take less shows that it is under way by its end. */
    private static final long SHORT_NANOS = Duration.ofMillis(100).toNanos();

    private final Thread owner = Thread.currentThread();
    private final LlamaModel model;
    private final ContextLimits limits;
    private final MemorySegment pointer;
    private final MemorySegment memory;
    private final Chooser chooser;
    private final LogSoftmax logSoftmax;
    private final Threadpool threads;
    private final Arena arena = Arena.ofConfined();
    private MemorySegment callback = MemorySegment.NULL; // of what runs while something is computed, until it is set
    private MemorySegment called = MemorySegment.NULL; // what llama.cpp calls now
    private long tokenNanos = Long.MAX_VALUE; // of the last decode, for each of its tokens
    private boolean closed;

    /** @param more sets what is other than llama.cpp's defaults */
    LlamaContext(LlamaModel model, ContextLimits limits, Consumer<ContextParams> more) {
        this.model = model;
        this.limits = limits;
        NativeLog.takeErrors();
        try (Arena arena = Arena.ofConfined()) {
            ContextParams params = params(limits, arena);
            more.accept(params);
            pointer = (MemorySegment) INIT.invokeExact(model.pointer(), params.segment);
            memory = pointer.address() == 0 ? MemorySegment.NULL : (MemorySegment) MEMORY.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_init_from_model", t);
        }
        if (pointer.address() == 0) {
            throw new LoadFailed(
                    "no memory for a context of %d tokens for each of %d sequences, use a smaller --ctx-size or --parallel: %s"
                            .formatted(limits.contextTokens(), limits.sequences(), NativeLog.takeErrors()));
        }
        chooser = new Chooser(model.vocabulary().size());
        logSoftmax = new LogSoftmax(model.vocabulary().size());
        threads = Threadpool.start(limits.threads());
        threads.attachTo(pointer);
    }

    /**
     * Has it keep the hidden state of every token that it computes from now on. What follows the last layer is then
     * computed for all of them, and not only for those whose logits are asked for.
     *
     * @throws AssertionError if the library can't do that: {@link LlamaLibrary#tellsHiddenStates}
     */
    public void keepHiddenStates() {
        requireOwner();
        MethodHandle keep = hiddenStates().keep();
        try {
            keep.invokeExact(pointer, true, OF_OUTPUTS_ALONE);
        } catch (Throwable t) {
            throw C.wrongSignature(HiddenStates.KEEP, t);
        }
    }

    private HiddenStates hiddenStates() {
        return model.hiddenStates().orElseThrow(() -> new AssertionError("these libraries tell no hidden states"));
    }

    /** Room for hidden states of this model's tokens. */
    public HiddenRows newRows(int capacity) {
        return new HiddenRows(capacity, model.width());
    }

    /** States of tokens of the last batch, as long as llama.cpp keeps them: until the next decode. */
    MemorySegment hiddenRows(int first, int count, int width) {
        requireOwner();
        MethodHandle at = hiddenStates().row();
        MemorySegment row;
        try {
            row = (MemorySegment) at.invokeExact(pointer, first);
        } catch (Throwable t) {
            throw C.wrongSignature(HiddenStates.ROW, t);
        }
        if (row.address() == 0) {
            throw new AssertionError("no hidden state was kept at index " + first);
        }
        return C.array(row, (long) count * width, C.FLOAT);
    }

    /** One KV buffer per sequence, unless the caller says otherwise. */
    private static ContextParams params(ContextLimits limits, Arena arena) {
        ContextParams params = ContextParams.defaults(arena);
        params.set("n_ctx", Math.multiplyExact(limits.contextTokens(), limits.sequences()));
        params.set("n_seq_max", limits.sequences());
        params.set("n_batch", limits.batchTokens());
        params.set("n_ubatch", limits.microBatchTokens());
        params.set("n_outputs_max", limits.outputs());
        params.set("n_threads", limits.threads());
        params.set("n_threads_batch", limits.threads());
        params.set("kv_unified", false);
        return params;
    }

    /**
     * Sets what runs again and again while something is computed on the CPU, after each operation of the graph: a
     * decode of a large model may take minutes. Short decodes go without, since all threads wait for it. On GPUs
     * nothing of the kind is to be had. llama.cpp asks here whether to go on.
     *
     * @param action quick, and throws nothing; called on this context's thread
     */
    public void whileComputing(Runnable action) {
        requireOwner();
        try {
            MethodHandle goesOn = MethodHandles.lookup()
                    .findStatic(
                            LlamaContext.class,
                            "isToBeAborted",
                            MethodType.methodType(boolean.class, Runnable.class, MemorySegment.class));
            callback = C.callback(
                    MethodHandles.insertArguments(goesOn, 0, action), FunctionDescriptor.of(C.BOOL, C.POINTER), arena);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("a method of this class", e);
        }
        call(callback);
    }

    /** Has llama.cpp call this after each operation from now on, or nothing. */
    private void call(MemorySegment wanted) {
        if (!wanted.equals(called)) {
            called = wanted;
            try {
                ABORT_CALLBACK.invokeExact(pointer, wanted, MemorySegment.NULL);
            } catch (Throwable t) {
                throw C.wrongSignature("llama_set_abort_callback", t);
            }
        }
    }

    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // called by llama.cpp, with what C passes
    private static boolean isToBeAborted(Runnable action, MemorySegment data) {
        action.run();
        return false;
    }

    /** Most tokens of one sequence, prompt and answer together: all cells, where sequences share them. */
    public int contextTokens() {
        requireOwner();
        try {
            return (int) CONTEXT_TOKENS.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_n_ctx_seq", t);
        }
    }

    /** The CPU threads that compute. */
    public Threadpool threads() {
        requireOwner();
        return threads;
    }

    /** An empty batch of this context's size. */
    public TokenBatch newBatch() {
        return new TokenBatch(limits.batchTokens(), model.vocabulary().size());
    }

    /**
     * Has the next decodes done with these adapters and no others; none for the model as it is. Where they are other
     * ones than before, the next decode plans its graphs and buffers anew, which takes milliseconds.
     *
     * @param adapters of this context's model, each once
     */
    public void use(List<LlamaAdapter.Scaled> adapters) {
        requireOwner();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment pointers = call.allocate(C.POINTER, Math.max(1, adapters.size()));
            MemorySegment scales = call.allocate(C.FLOAT, Math.max(1, adapters.size()));
            for (int i = 0; i < adapters.size(); i++) {
                LlamaAdapter.Scaled scaled = adapters.get(i);
                if (!scaled.adapter().model().equals(model)) {
                    throw new AssertionError("an adapter of another model");
                }
                pointers.setAtIndex(C.POINTER, i, scaled.adapter().pointer());
                scales.setAtIndex(C.FLOAT, i, scaled.scale());
            }
            int code = (int) ADAPTERS.invokeExact(pointer, pointers, (long) adapters.size(), scales);
            if (code != 0) {
                throw new AssertionError("llama_set_adapters_lora returned " + code);
            }
        } catch (AssertionError e) {
            throw e;
        } catch (Throwable t) {
            throw C.wrongSignature("llama_set_adapters_lora", t);
        }
    }

    /**
     * Computes {@code batch} and leaves logits where they were asked for. A device may go on computing after this
     * returns; a reader of logits waits for it.
     *
     * @param batch at least one token
     * @return false if no KV cells are left: the cache is as before, a smaller batch may fit
     * @throws DecodeFailed if llama.cpp gave up; this context must be closed
     */
    public boolean decode(TokenBatch batch) {
        requireOwner();
        int code;
        call(tokenNanos < SHORT_NANOS / batch.size() ? MemorySegment.NULL : callback);
        long began = System.nanoTime();
        threads.begin();
        try {
            code = (int) DECODE.invokeExact(pointer, batch.struct());
        } catch (Throwable t) {
            throw C.wrongSignature("llama_decode", t);
        } finally {
            threads.end();
        }
        tokenNanos = (System.nanoTime() - began) / batch.size();
        return switch (code) {
            case 0 -> true;
            case 1 -> false;
            case -1 ->
                throw new AssertionError(
                        "invalid batch of %d tokens: %s".formatted(batch.size(), NativeLog.takeErrors()));
            default ->
                throw new DecodeFailed("llama_decode returned %d for %d tokens: %s"
                        .formatted(code, batch.size(), NativeLog.takeErrors()));
        };
    }

    /** Waits until a device has computed the last batch; without a device that is so when {@link #decode} returns. */
    public void synchronize() {
        requireOwner();
        if (model.gpuLayers() == 0) {
            return;
        }
        try {
            SYNCHRONIZE.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_synchronize", t);
        }
    }

    /**
     * The most likely token.
     *
     * @param index of a token of the last batch whose logits were asked for
     * @throws NonFinite if a logit is NaN, or none is finite
     */
    public int mostLikely(int index) {
        requireOwner();
        return chooser.mostLikely(logits(index));
    }

    /**
     * Goes on if the logits at a position are numbers.
     *
     * @param index of a token of the last batch whose logits were asked for
     * @throws NonFinite if one of them is NaN, or none is finite
     */
    public void requireFinite(int index) {
        int _ = mostLikely(index);
    }

    /**
     * Log-probabilities at a position, of the raw logits.
     *
     * @param index of a token of the last batch whose logits were asked for
     * @param chosen the token that follows it
     * @param top number of candidates
     * @throws NonFinite if a logit is NaN, or none is finite
     */
    public Logprobs logprobs(int index, int chosen, int top) {
        requireOwner();
        logSoftmax.read(logits(index).row());
        Vocabulary vocabulary = model.vocabulary();
        List<Candidate> candidates = Arrays.stream(logSoftmax.top(Math.min(top, vocabulary.size())))
                .mapToObj(token -> new Candidate(token, vocabulary.piece(token), logSoftmax.of(token)))
                .toList();
        return new Logprobs(logSoftmax.of(chosen), candidates);
    }

    /**
     * The logits at a position; waits for the device.
     *
     * @param index of a token of the last batch whose logits were asked for
     */
    public Logits logits(int index) {
        requireOwner();
        MemorySegment row;
        try {
            row = (MemorySegment) LOGITS.invokeExact(pointer, index);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_get_logits_ith", t);
        }
        if (row.address() == 0) {
            throw new AssertionError("no logits were asked for at index " + index);
        }
        return new Logits(C.array(row, model.vocabulary().size(), C.FLOAT));
    }

    /**
     * Forgets a sequence from a position on.
     *
     * @param from first position to forget; 0 forgets all
     * @return false if the model can't take back a part of a sequence: nothing was forgotten then
     */
    public boolean forget(int sequence, int from) {
        requireOwner();
        try {
            return (boolean) REMOVE.invokeExact(memory, sequence, from == 0 ? WHOLE : from, WHOLE);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_memory_seq_rm", t);
        }
    }

    /**
     * The first position of which all layers still have keys and values: where layers keep little more than their
     * sliding window, those before it are gone; 0 for an empty sequence.
     */
    public int firstPosition(int sequence) {
        requireOwner();
        try {
            return Math.max(0, (int) FIRST.invokeExact(memory, sequence));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_memory_seq_pos_min", t);
        }
    }

    /**
     * Makes {@code target} an equal of {@code source}. Its KV buffer is copied as a whole with the next decode, or,
     * where sequences share one, its cells then belong to both.
     */
    public void copy(int source, int target) {
        requireOwner();
        try {
            COPY.invokeExact(memory, source, target, WHOLE, WHOLE);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_memory_seq_cp", t);
        }
    }

    /** What {@link #save} would take of main memory now. */
    public long stateBytes(int sequence, SequenceState.Part part) {
        requireOwner();
        try {
            return (long) STATE_BYTES.invokeExact(pointer, sequence, part.flags);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_state_seq_get_size_ext", t);
        }
    }

    /**
     * Copies the state of a sequence into main memory, which waits for a device.
     *
     * @return empty if llama.cpp could not
     */
    public Optional<SequenceState> save(int sequence, SequenceState.Part part) {
        SequenceState state = new SequenceState(part, stateBytes(sequence, part));
        long written;
        try {
            written = (long) SAVE.invokeExact(pointer, state.data(), state.bytes(), sequence, part.flags);
        } catch (Throwable t) {
            state.close();
            throw C.wrongSignature("llama_state_seq_get_data_ext", t);
        }
        if (written == 0) {
            state.close();
            return Optional.empty();
        }
        return Optional.of(state);
    }

    /**
     * Brings a saved state back, in place of what a sequence has; into any sequence.
     *
     * @return false if llama.cpp could not: what the sequence has is undefined then, and must be forgotten
     */
    public boolean restore(int sequence, SequenceState state) {
        requireOwner();
        try {
            return (long) RESTORE.invokeExact(pointer, state.data(), state.bytes(), sequence, state.part().flags) != 0;
        } catch (Throwable t) {
            throw C.wrongSignature("llama_state_seq_set_data_ext", t);
        }
    }

    /** Forgets all sequences; without effect on a model that has no memory. */
    void forgetAll() {
        clear(false);
    }

    /**
     * Forgets all sequences and fills their memory with zeros: a NaN in an unused cell still spoils those that are
     * looked at.
     */
    public void wipe() {
        clear(true);
    }

    private void clear(boolean data) {
        requireOwner();
        if (memory.address() == 0) {
            return;
        }
        try {
            CLEAR.invokeExact(memory, data);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_memory_clear", t);
        }
    }

    MemorySegment pointer() {
        requireOwner();
        return pointer;
    }

    private void requireOwner() {
        if (!Thread.currentThread().equals(owner)) {
            throw new IllegalStateException("this context belongs to thread " + owner.getName());
        }
        if (closed) {
            throw new IllegalStateException("this context is closed");
        }
    }

    /** Frees the KV memory. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        requireOwner();
        closed = true;
        try {
            FREE.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_free", t);
        }
        threads.close();
        chooser.close();
        arena.close();
    }
}
