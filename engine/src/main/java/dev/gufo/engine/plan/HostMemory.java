package dev.gufo.engine.plan;

import dev.gufo.engine.cores.Cgroup;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much main memory this process may still take, as the kernel tells: of the machine, and of the container. */
public final class HostMemory {
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d{1,18}) kB");

    private HostMemory() {}

    /** Bytes that are free now; what files occupy in caches counts as free. */
    public static long freeBytes() {
        return freeBytes(Path.of("/"));
    }

    /** @param root where the machine's files begin */
    static long freeBytes(Path root) {
        Matcher matcher = AVAILABLE.matcher(Cgroup.text(root.resolve("proc/meminfo")));
        long machine = matcher.find() ? Long.parseLong(matcher.group(1)) << 10 : Long.MAX_VALUE;
        return Math.min(machine, Cgroup.freeMemory(root).orElse(Long.MAX_VALUE));
    }
}
