package dev.gufo.engine.cores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the control groups that this process is in let it have, of CPU time and of memory, in both versions of control
 * groups. A group is inside others, each of which may have a limit: the least counts.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2: cpu.max, memory interface
 *     files</a>
 * @see <a href="https://docs.kernel.org/scheduler/sched-bwc.html">cpu.cfs_quota_us (v1)</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/memory.html">Memory Resource Controller (v1)</a>
 */
public final class Cgroup {
    private static final Pattern MAX = Pattern.compile("(\\d{1,15}) (\\d{1,15})");
    private static final Pattern CACHED = Pattern.compile("(?m)^(?:total_)?(?:in)?active_file (\\d{1,18})$");

    /** Where groups are mounted, if the kernel does not tell. */
    private static final String USUAL_MOUNT = "/sys/fs/cgroup";

    private Cgroup() {}

    /** A hierarchy of groups: where it is mounted, and which of its groups is seen there. */
    private record Mount(String point, String group) {}

    /** A group's folder, and whether it is one of the second version. */
    private record Group(Path folder, boolean second) {
        String read(String ofSecond, String ofFirst) {
            return text(folder.resolve(second ? ofSecond : ofFirst)).strip();
        }
    }

    /**
     * In CPUs, such as 1.5; empty if nothing limits it.
     *
     * @param root where the machine's files begin
     */
    static OptionalDouble cpuQuota(Path root) {
        double least = of(root, "cpu").stream().mapToDouble(Cgroup::cpus).min().orElse(Double.POSITIVE_INFINITY);
        return least < Double.POSITIVE_INFINITY ? OptionalDouble.of(least) : OptionalDouble.empty();
    }

    /**
     * Bytes that may still be taken; what files occupy in caches counts as free. Empty if nothing limits it.
     *
     * @param root where the machine's files begin
     */
    public static OptionalLong freeMemory(Path root) {
        return of(root, "memory").stream()
                .map(Cgroup::memory)
                .flatMapToLong(OptionalLong::stream)
                .min();
    }

    /** The groups of this process that a controller works on, and those around them. */
    private static List<Group> of(Path root, String controller) {
        String[] mounts = text(root.resolve("proc/self/mountinfo")).split("\n", -1);
        List<Group> groups = new ArrayList<>();
        for (String line : text(root.resolve("proc/self/cgroup")).split("\n", -1)) {
            String[] fields = line.split(":", 3); // id:controllers:path
            boolean second = line.startsWith("0::");
            if (fields.length == 3
                    && (second || Arrays.asList(fields[1].split(",")).contains(controller))) {
                List<Mount> seen = Arrays.stream(mounts)
                        .map(mount -> mount(mount, second, controller))
                        .flatMap(Optional::stream)
                        .toList();
                Mount usual = new Mount(second ? USUAL_MOUNT : USUAL_MOUNT + "/" + controller, "/");
                for (Mount mount : seen.isEmpty() ? List.of(usual) : seen) {
                    add(groups, root, mount, fields[2], second);
                }
            }
        }
        return groups.isEmpty() ? List.of(new Group(root.resolve(USUAL_MOUNT.substring(1)), true)) : groups;
    }

    /** A line of {@code mountinfo}, if it is of the wanted hierarchy. */
    private static Optional<Mount> mount(String line, boolean second, String controller) {
        int separator = line.indexOf(" - ");
        if (separator < 0) {
            return Optional.empty();
        }
        String[] before = line.substring(0, separator).split(" ", -1); // id parent device root point options…
        String[] after = line.substring(separator + 3).split(" ", -1); // type source options
        boolean wanted = second
                ? after[0].equals("cgroup2")
                : after[0].equals("cgroup")
                        && Arrays.asList(after[after.length - 1].split(",")).contains(controller);
        return wanted && before.length > 4 ? Optional.of(new Mount(before[4], before[3])) : Optional.empty();
    }

    /**
     * A group and those around it, as far as they can be seen: a container often sees its own only, and as the root.
     */
    private static void add(List<Group> groups, Path root, Mount mount, String group, boolean second) {
        Path top = root.resolve(mount.point().substring(1)).normalize();
        String below = group.startsWith(mount.group() + "/")
                ? group.substring(mount.group().length())
                : group;
        groups.add(new Group(top, second));
        Path at = top.resolve(below.replaceAll("^/+", "")).normalize();
        for (; at != null && at.startsWith(top) && !at.equals(top); at = at.getParent()) {
            groups.add(new Group(at, second));
        }
    }

    private static double cpus(Group group) {
        String limit = group.second()
                ? text(group.folder().resolve("cpu.max")).strip()
                : text(group.folder().resolve("cpu.cfs_quota_us")).strip()
                        + " "
                        + text(group.folder().resolve("cpu.cfs_period_us")).strip();
        Matcher matcher = MAX.matcher(limit); // "max 100000" and "-1 100000" are no limit
        if (!matcher.matches()) {
            return Double.POSITIVE_INFINITY;
        }
        double period = Double.parseDouble(matcher.group(2));
        return period > 0 ? Double.parseDouble(matcher.group(1)) / period : Double.POSITIVE_INFINITY;
    }

    /** A group's limit, less what is used apart from caches; empty if it has none. */
    private static OptionalLong memory(Group group) {
        String limit = group.read("memory.max", "memory.limit_in_bytes");
        String used = group.read("memory.current", "memory.usage_in_bytes");
        if (!limit.matches("\\d{1,18}") || !used.matches("\\d{1,18}")) {
            return OptionalLong.empty(); // v1 writes a number of nineteen digits where there is no limit
        }
        String stat = text(group.folder().resolve("memory.stat"));
        boolean totals = stat.contains("total_inactive_file"); // v1 tells both those of the group and of all within it
        long cached = CACHED.matcher(stat)
                .results()
                .filter(line -> !totals || line.group().startsWith("total_"))
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .sum();
        return OptionalLong.of(Math.max(0, Long.parseLong(limit) - Math.max(0, Long.parseLong(used) - cached)));
    }

    /** What a file of the kernel says; {@code ""} if this system has no such file. */
    public static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
