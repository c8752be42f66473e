package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Main memory for large states, which are written as a whole at once: it is not filled with zeros first, and the system
 * is asked for pages of 2 MiB where it has such. Touching 25 MB for the first time in pages of 4 KiB takes longer than
 * the copy from a GPU that is to fill them.
 */
final class StateMemory {
    private static final long HUGE_PAGE = 2L << 20;

    /** Of less the C library has pieces at hand. */
    private static final long LARGE = 2 * HUGE_PAGE;

    private static final int MADV_HUGEPAGE = 14; // madvise(2), Linux

    private static final Optional<MethodHandle> ALLOCATE = C.systemFunction("aligned_alloc", C.POINTER, C.SIZE, C.SIZE);
    private static final Optional<MethodHandle> FREE = C.systemProcedure("free", C.POINTER);
    private static final Optional<MethodHandle> ADVISE =
            System.getProperty("os.name").equals("Linux")
                    ? C.systemFunction("madvise", C.INT, C.POINTER, C.SIZE, C.INT)
                    : Optional.empty();

    private StateMemory() {}

    /**
     * Memory whose content is anything, freed when {@code arena} is closed.
     *
     * @throws OutOfMemoryError if the system has no more
     */
    static MemorySegment allocate(long bytes, Arena arena) {
        if (bytes < LARGE || ALLOCATE.isEmpty() || FREE.isEmpty()) {
            return arena.allocate(Math.max(1, bytes), Long.BYTES);
        }
        try {
            long whole =
                    (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; // aligned_alloc(3): a multiple of the alignment
            MemorySegment address = (MemorySegment) ALLOCATE.get().invokeExact(HUGE_PAGE, whole);
            if (address.address() == 0) {
                throw new OutOfMemoryError("%,d bytes for the state of a sequence".formatted(bytes));
            }
            if (ADVISE
                    .isPresent()) { // but for the end, which would take a whole page more; if it is refused, pages are
                // small
                int _ = (int) ADVISE.get().invokeExact(address, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
            }
            return C.owned(address, bytes, arena, StateMemory::free);
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable t) {
            throw C.wrongSignature("aligned_alloc or madvise", t);
        }
    }

    private static void free(MemorySegment memory) {
        try {
            FREE.orElseThrow().invokeExact(memory);
        } catch (Throwable t) {
            throw C.wrongSignature("free", t);
        }
    }
}
