package dev.gufo.engine.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/** How much main memory this process may still take, as the kernel tells: of the machine, and of the container. */
public final class HostMemory {
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d{1,18}) kB");
    private static final Pattern CACHED = Pattern.compile("(?m)^(?:total_)?(?:in)?active_file (\\d{1,18})$");

    private HostMemory() {}

    /** Bytes that are free now; what files occupy in caches counts as free. */
    public static long freeBytes() {
        return freeBytes(Path.of("/"));
    }

    /** @param root where the machine's files begin */
    static long freeBytes(Path root) {
        Matcher matcher = AVAILABLE.matcher(read(root.resolve("proc/meminfo")));
        long machine = matcher.find() ? Long.parseLong(matcher.group(1)) << 10 : Long.MAX_VALUE;
        return Math.min(machine, ofGroups(root).min().orElse(Long.MAX_VALUE));
    }

    /**
     * What is left in each control group that this process is in, its own and those around it, of both versions. In a container the group's path
     * is the host's, and what is mounted is the group itself.
     *
     * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2, memory interface files</a>
     * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/memory.html">Memory Resource Controller (v1)</a>
     */
    private static LongStream ofGroups(Path root) {
        Path mounted = root.resolve("sys/fs/cgroup");
        List<Path> groups = new ArrayList<>();
        for (String line : read(root.resolve("proc/self/cgroup")).lines().toList()) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                addWithParents(groups, mounted, parts[2]);
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                addWithParents(groups, mounted.resolve("memory"), parts[2]);
            }
        }
        if (groups.isEmpty()) {
            groups.add(mounted);
        }
        return groups.stream().map(HostMemory::left).flatMapToLong(OptionalLong::stream);
    }

    private static void addWithParents(List<Path> groups, Path mounted, String path) {
        Path group = mounted.resolve(path.replaceFirst("^/+", "")).normalize();
        while (group.startsWith(mounted)) {
            groups.add(group);
            group = group.getParent();
        }
        if (!groups.contains(mounted)) {
            groups.add(mounted);
        }
    }

    /** A group's limit, less what is used apart from caches; empty if it has none. */
    private static OptionalLong left(Path group) {
        String limit = first(group, "memory.max", "memory.limit_in_bytes");
        String used = first(group, "memory.current", "memory.usage_in_bytes");
        if (!limit.matches("\\d{1,18}") || !used.matches("\\d{1,18}")) {
            return OptionalLong.empty(); // v1 writes a number of nineteen digits where there is no limit
        }
        String stat = read(group.resolve("memory.stat"));
        boolean totals = stat.contains("total_inactive_file"); // v1 tells both those of the group and of all within it
        long cached = CACHED.matcher(stat)
                .results()
                .filter(line -> !totals || line.group().startsWith("total_"))
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .sum();
        return OptionalLong.of(Math.max(0, Long.parseLong(limit) - Math.max(0, Long.parseLong(used) - cached)));
    }

    private static String first(Path group, String name, String other) {
        String value = read(group.resolve(name)).strip();
        return value.isEmpty() ? read(group.resolve(other)).strip() : value;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return ""; // this system has no such file
        }
    }
}
