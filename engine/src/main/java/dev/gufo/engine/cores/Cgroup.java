package dev.gufo.engine.cores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The share of CPU time that this process's control group may use, in both versions of control groups. A group is inside others, each of
 * which may have a limit: the least counts.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files">cpu.max</a>
 * @see <a href="https://docs.kernel.org/scheduler/sched-bwc.html">cpu.cfs_quota_us</a>
 */
final class Cgroup {
    private static final Pattern MAX = Pattern.compile("(\\d{1,15}) (\\d{1,15})");

    private Cgroup() {}

    /** A hierarchy of groups: where it is mounted, and which of its groups is seen there. */
    private record Mount(String point, String group) {}

    /**
     * In CPUs, such as 1.5; empty if nothing limits it.
     *
     * @param root where the machine's files begin
     */
    static OptionalDouble cpuQuota(Path root) {
        double least = Double.POSITIVE_INFINITY;
        String[] mounts = text(root.resolve("proc/self/mountinfo")).split("\n", -1);
        for (String line : text(root.resolve("proc/self/cgroup")).split("\n", -1)) {
            String[] fields = line.split(":", 3); // id:controllers:path
            boolean second = line.startsWith("0::");
            if (fields.length < 3
                    || !(second || Arrays.asList(fields[1].split(",")).contains("cpu"))) {
                continue;
            }
            for (String mount : mounts) {
                Mount of = mount(mount, second);
                if (of != null) {
                    least = Math.min(least, least(root, of, fields[2], second));
                }
            }
        }
        return least < Double.POSITIVE_INFINITY ? OptionalDouble.of(least) : OptionalDouble.empty();
    }

    /** A line of {@code mountinfo}, if it is of the wanted hierarchy; else null. */
    private static Mount mount(String line, boolean second) {
        int separator = line.indexOf(" - ");
        if (separator < 0) {
            return null;
        }
        String[] before = line.substring(0, separator).split(" ", -1); // id parent device root point options…
        String[] after = line.substring(separator + 3).split(" ", -1); // type source options
        boolean wanted = second
                ? after[0].equals("cgroup2")
                : after[0].equals("cgroup")
                        && Arrays.asList(after[after.length - 1].split(",")).contains("cpu");
        return wanted && before.length > 4 ? new Mount(before[4], before[3]) : null;
    }

    /** The least limit of a group and those around it, as far as they can be seen: a container often sees its own only, and as the root. */
    private static double least(Path root, Mount mount, String group, boolean second) {
        Path top = root.resolve(mount.point().substring(1)).normalize();
        String below = group.startsWith(mount.group() + "/")
                ? group.substring(mount.group().length())
                : group;
        Path at = top.resolve(below.replaceAll("^/+", "")).normalize();
        double least = limit(top, second);
        for (; at != null && at.startsWith(top) && !at.equals(top); at = at.getParent()) {
            least = Math.min(least, limit(at, second));
        }
        return least;
    }

    private static double limit(Path group, boolean second) {
        String limit = second
                ? text(group.resolve("cpu.max")).strip()
                : text(group.resolve("cpu.cfs_quota_us")).strip()
                        + " "
                        + text(group.resolve("cpu.cfs_period_us")).strip();
        Matcher matcher = MAX.matcher(limit); // "max 100000" and "-1 100000" are no limit
        if (!matcher.matches()) {
            return Double.POSITIVE_INFINITY;
        }
        double period = Double.parseDouble(matcher.group(2));
        return period > 0 ? Double.parseDouble(matcher.group(1)) / period : Double.POSITIVE_INFINITY;
    }

    /** What a file of the kernel says; {@code ""} if this system has no such file. */
    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
