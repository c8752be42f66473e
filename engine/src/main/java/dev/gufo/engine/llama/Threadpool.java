package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code struct ggml_threadpool}: the CPU threads of a context, kept from decode to decode. Without one llama.cpp starts new threads
 * for every decode; a new thread is often put behind the one that waits for it, and both lose milliseconds.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h">ggml_threadpool_params, ggml.h of llama.cpp 0.5.0</a>
 */
final class Threadpool implements AutoCloseable {
    private static final int MAX_THREADS = 512; // GGML_MAX_N_THREADS
    private static final int CPU_DEVICE = 0; // GGML_BACKEND_DEVICE_TYPE_CPU
    private static final int DEFAULT_POLL = 50;

    /** A thread that polls for its next graph takes the core that whoever handles the tokens of the last one needs. */
    private static final int NO_POLLING = 0;

    private static final StructLayout PARAMS = MemoryLayout.structLayout(
                    MemoryLayout.sequenceLayout(MAX_THREADS, C.BOOL).withName("cpumask"),
                    C.INT.withName("n_threads"),
                    C.INT.withName("prio"),
                    C.INT.withName("poll"),
                    C.BOOL.withName("strict_cpu"),
                    C.BOOL.withName("paused"),
                    MemoryLayout.paddingLayout(2))
            .withName("ggml_threadpool_params");
    private static final MethodHandle DEFAULTS = C.function("ggml_threadpool_params_default", PARAMS, C.INT);
    private static final MethodHandle DEVICE = C.function("ggml_backend_dev_by_type", C.POINTER, C.INT);
    private static final MethodHandle REGISTRY = C.function("ggml_backend_dev_backend_reg", C.POINTER, C.POINTER);
    private static final MethodHandle PROCEDURE =
            C.function("ggml_backend_reg_get_proc_address", C.POINTER, C.POINTER, C.POINTER);
    private static final MethodHandle ATTACH = C.procedure("llama_attach_threadpool", C.POINTER, C.POINTER, C.POINTER);

    private final MemorySegment pointer;
    private final MethodHandle free;

    private Threadpool(MemorySegment pointer, MethodHandle free) {
        this.pointer = pointer;
        this.free = free;
    }

    /**
     * Starts threads; the thread that decodes is one of them.
     *
     * @param threads 1 to 512
     * @throws LibraryMismatch if the parameters are not laid out as this class expects
     */
    static Threadpool start(int threads) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = (MemorySegment) DEFAULTS.invokeExact((SegmentAllocator) arena, threads);
            if (params.get(C.INT, offset("n_threads")) != threads
                    || params.get(C.INT, offset("poll")) != DEFAULT_POLL
                    || params.get(C.CHAR, offset("paused")) != 0) {
                throw new LibraryMismatch(
                        "ggml_threadpool_params has another layout than llama.cpp " + LlamaLibrary.VERSION);
            }
            params.set(C.INT, offset("poll"), NO_POLLING);
            MemorySegment device = (MemorySegment) DEVICE.invokeExact(CPU_DEVICE);
            MemorySegment registry = (MemorySegment) REGISTRY.invokeExact(device);
            MethodHandle create = C.functionAt(procedure(registry, "ggml_threadpool_new", arena), C.POINTER, C.POINTER);
            MethodHandle free = C.procedureAt(procedure(registry, "ggml_threadpool_free", arena), C.POINTER);
            return new Threadpool((MemorySegment) create.invokeExact(params), free);
        } catch (LibraryMismatch e) {
            throw e;
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_threadpool_new", t);
        }
    }

    /** The CPU backend is chosen when the libraries are loaded, so its functions are asked for by name. */
    private static MemorySegment procedure(MemorySegment registry, String name, Arena arena) throws Throwable {
        MemorySegment address = (MemorySegment) PROCEDURE.invokeExact(registry, arena.allocateFrom(name));
        if (address.address() == 0) {
            throw new LibraryMismatch("the CPU backend has no function " + name);
        }
        return address;
    }

    private static long offset(String field) {
        return PARAMS.byteOffset(PathElement.groupElement(field));
    }

    /** Lets a context compute with these threads; the context must be freed before they are. */
    void attachTo(MemorySegment context) {
        try {
            ATTACH.invokeExact(context, pointer, pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_attach_threadpool", t);
        }
    }

    /** Ends the threads. Called once. */
    @Override
    public void close() {
        try {
            free.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_threadpool_free", t);
        }
    }
}
