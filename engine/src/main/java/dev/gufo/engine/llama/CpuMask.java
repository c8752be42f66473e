package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Collection;
import java.util.Optional;

/**
 * {@code cpu_set_t}: CPUs that a thread can be kept to.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html">sched_setaffinity</a>
 */
final class CpuMask {
    /** Keeps nothing anywhere. */
    static final CpuMask NONE = new CpuMask(MemorySegment.NULL);

    private static final int BYTES = 1_024; // 8,192 CPUs, as many as Linux can be built for

    private static final Optional<MethodHandle> SET_AFFINITY =
            C.systemFunction("sched_setaffinity", C.INT, C.INT, C.SIZE, C.POINTER);

    private final MemorySegment bits;

    private CpuMask(MemorySegment bits) {
        this.bits = bits;
    }

    /** Whether this system has such a function; Linux does. */
    static boolean isSupported() {
        return SET_AFFINITY.isPresent();
    }

    /** @param cpus numbers below 8,192 */
    static CpuMask of(Collection<Integer> cpus) {
        MemorySegment bits = Arena.ofAuto().allocate(BYTES, Long.BYTES);
        for (int cpu : cpus) {
            long word = bits.getAtIndex(C.LONG, cpu / Long.SIZE);
            bits.setAtIndex(C.LONG, cpu / Long.SIZE, word | 1L << cpu % Long.SIZE);
        }
        return new CpuMask(bits);
    }

    /**
     * Keeps a thread to these CPUs. Where that is not allowed, or no CPU is left of them, it stays where it may be:
     * slower, not wrong.
     *
     * @param task a thread of this process, by the system's number
     */
    void keep(long task) {
        if (bits.address() == 0 || SET_AFFINITY.isEmpty()) {
            return;
        }
        try {
            int _ = (int) SET_AFFINITY.get().invokeExact((int) task, (long) BYTES, bits);
        } catch (Throwable t) {
            throw C.wrongSignature("sched_setaffinity", t);
        }
    }
}
