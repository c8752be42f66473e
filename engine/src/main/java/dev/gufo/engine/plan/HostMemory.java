package dev.gufo.engine.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much main memory this process may still take, as the kernel tells: of the machine, and of the container. */
public final class HostMemory {
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d{1,18}) kB");
    private static final Pattern CACHED = Pattern.compile("(?m)^(?:in)?active_file (\\d{1,18})$");

    private HostMemory() {}

    /** Bytes that are free now; what files occupy in caches counts as free. */
    public static long freeBytes() {
        return freeBytes(Path.of("/"));
    }

    /** @param root where the machine's files begin */
    static long freeBytes(Path root) {
        Matcher matcher = AVAILABLE.matcher(read(root.resolve("proc/meminfo")));
        long machine = matcher.find() ? Long.parseLong(matcher.group(1)) << 10 : Long.MAX_VALUE;
        return Math.min(machine, ofContainer(root.resolve("sys/fs/cgroup")).orElse(Long.MAX_VALUE));
    }

    /** The limit of control groups' second version, less what is used apart from caches. */
    private static OptionalLong ofContainer(Path group) {
        String limit = read(group.resolve("memory.max")).strip();
        String used = read(group.resolve("memory.current")).strip();
        if (!limit.matches("\\d{1,18}") || !used.matches("\\d{1,18}")) {
            return OptionalLong.empty(); // no limit
        }
        long cached = CACHED.matcher(read(group.resolve("memory.stat")))
                .results()
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .sum();
        return OptionalLong.of(Math.max(0, Long.parseLong(limit) - Math.max(0, Long.parseLong(used) - cached)));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return ""; // this system has no such file
        }
    }
}
