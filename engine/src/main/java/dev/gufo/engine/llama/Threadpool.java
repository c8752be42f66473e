package dev.gufo.engine.llama;

import dev.gufo.engine.cores.Tasks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * {@code struct ggml_threadpool}: the CPU threads of a context, kept from decode to decode. Without one llama.cpp
 * starts new threads for every decode; a new thread is often put behind the one that waits for it, and both lose
 * milliseconds.
 *
 * <p>The threads meet after every operation of a graph, a few hundred times in a decode, and spin until the last one is
 * there. Two of them on one core therefore stop each other: each spins away its time slice of 3 ms, so that a step of 1
 * ms takes 600. The kernel brings that about when another program has the other core, and leaves it so, since one core
 * with two threads and one with one is balanced to it. So a decode that uses every core has each thread kept to a core
 * of its own.
 *
 * <p>Belongs to the thread that started it, which is one of those that compute.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h">ggml_threadpool_params, ggml.h
 *     of llama.cpp 0.5.0</a>
 */
public final class Threadpool implements AutoCloseable {
    private static final int MAX_THREADS = 512; // GGML_MAX_N_THREADS
    private static final int CPU_DEVICE = 0; // GGML_BACKEND_DEVICE_TYPE_CPU
    private static final int DEFAULT_POLL = 50;

    /** A thread that polls for its next graph takes a core from the thread that handles the tokens of the last one. */
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
    private static final MethodHandle SET_THREADS = C.procedure("llama_set_n_threads", C.POINTER, C.INT, C.INT);

    private final MemorySegment pointer;
    private final MethodHandle free;
    private final int size;
    private final List<Long> helpers; // all but the one that decodes; none if the system does not tell
    private final OptionalLong owner = Tasks.current();

    private MemorySegment context = MemorySegment.NULL; // until attached
    private List<CpuMask> apart = List.of(); // a core for the owner and for each helper, if they are kept apart
    private CpuMask anywhere = CpuMask.NONE;
    private long began;
    private long computedNanos;

    private Threadpool(MemorySegment pointer, MethodHandle free, int size, List<Long> helpers) {
        this.pointer = pointer;
        this.free = free;
        this.size = size;
        this.helpers = helpers;
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
            var pool = new MemorySegment[1];
            List<Long> helpers = Tasks.startedBy(() -> pool[0] = call(create, params));
            return new Threadpool(pool[0], free, threads, helpers);
        } catch (LibraryMismatch e) {
            throw e;
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_threadpool_new", t);
        }
    }

    private static MemorySegment call(MethodHandle create, MemorySegment params) {
        try {
            return (MemorySegment) create.invokeExact(params);
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
        this.context = context;
        try {
            ATTACH.invokeExact(context, pointer, pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_attach_threadpool", t);
        }
    }

    /** The system's numbers of the threads that compute, the one that decodes included; none if it does not tell. */
    public List<Long> tasks() {
        if (owner.isEmpty() || helpers.size() != size - 1) {
            return List.of();
        }
        List<Long> tasks = new ArrayList<>(List.of(owner.getAsLong()));
        tasks.addAll(helpers);
        return List.copyOf(tasks);
    }

    /**
     * Has the next decodes done by so many of the threads, wherever the system puts them.
     *
     * @param threads 1 to as many as there are
     */
    public void use(int threads) {
        setThreads(threads);
        if (!apart.isEmpty()) {
            apart = List.of();
            helpers.forEach(anywhere::keep);
        }
    }

    /**
     * Has the next decodes done by all threads, each on a core of its own; without effect on where they are if the
     * system has no means for that. The thread that decodes is kept to its core while it decodes only.
     *
     * @param cores the CPUs of as many cores as there are threads
     * @param all where threads may be that are not kept
     */
    public void useApart(List<? extends Collection<Integer>> cores, Collection<Integer> all) {
        if (cores.size() != size) {
            throw new AssertionError("%d cores for %d threads".formatted(cores.size(), size));
        }
        setThreads(size);
        if (apart.isEmpty() && size > 1 && !tasks().isEmpty() && CpuMask.isSupported()) {
            anywhere = CpuMask.of(all);
            apart = cores.stream().map(CpuMask::of).toList();
            for (int i = 0; i < helpers.size(); i++) {
                apart.get(i + 1).keep(helpers.get(i));
            }
        }
    }

    private void setThreads(int threads) {
        try {
            SET_THREADS.invokeExact(context, threads, threads);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_set_n_threads", t);
        }
    }

    /** A decode begins on the calling thread. */
    void begin() {
        if (!apart.isEmpty()) {
            apart.getFirst().keep(owner.getAsLong());
        }
        began = System.nanoTime();
    }

    /** The decode is over. */
    void end() {
        computedNanos += System.nanoTime() - began;
        if (!apart.isEmpty()) {
            anywhere.keep(owner.getAsLong());
        }
    }

    /** How long all decodes have taken so far, in ns. */
    public long computedNanos() {
        return computedNanos;
    }

    /** Ends the threads. Called once. */
    @Override
    public void close() {
        apart = List.of();
        try {
            free.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_threadpool_free", t);
        }
    }
}
