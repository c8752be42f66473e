package dev.gufo.engine.plan;

import java.util.List;

/**
 * Main memory of a worker apart from what the plan of its model counts. Its JVM is started with these limits
 * ({@link #jvmOptions}) and the plan reserves their sum, so the two agree.
 *
 * <p>It is what a worker may take, not what it usually takes: grammars alone may have more than half of the heap. That
 * of the demo model has 112 MiB in all when it is idle, its KV cache included, and 352 MiB while it tokenizes several
 * texts of 4 Mi characters at once.
 */
public final class ProcessMemory {
    private static final long MIB = 1L << 20;

    /**
     * The most that the heap may take: grammars, tokens of long texts, frames. What is not used goes back to the
     * system.
     */
    public static final long HEAP_BYTES = 512 * MIB;

    /** The most that classes may take. */
    private static final long CLASSES_BYTES = 64 * MIB;

    /** The most that compiled code may take. */
    private static final long CODE_BYTES = 48 * MIB;

    /**
     * What nothing limits: the collector's tables, stacks of threads, llama.cpp's vocabulary, what its allocator keeps.
     * An estimate.
     */
    private static final long NATIVE_BYTES = 96 * MIB;

    /** All of it. */
    public static final long BYTES = HEAP_BYTES + CLASSES_BYTES + CODE_BYTES + NATIVE_BYTES;

    private ProcessMemory() {}

    /** What keeps a JVM within the limits above. */
    public static List<String> jvmOptions() {
        return List.of(
                "-Xmx" + HEAP_BYTES,
                "-XX:MaxMetaspaceSize=" + CLASSES_BYTES,
                "-XX:ReservedCodeCacheSize=" + CODE_BYTES);
    }
}
