package dev.gufo.engine.cores;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of the machine's CPUs this process may compute on.
 *
 * @param allowed numbers of the CPUs that it may run on; none if the system does not tell
 * @param cores the CPUs of each physical core among them; of a processor with fast and slow cores the fast ones
 * @param quota CPUs' worth of time that its container may use; empty if there is no limit
 * @param processors what the JVM counts, for systems that tell nothing
 */
public record Cores(
        NavigableSet<Integer> allowed, List<NavigableSet<Integer>> cores, OptionalDouble quota, int processors) {
    private static final Pattern ALLOWED = Pattern.compile("(?m)^Cpus_allowed_list:\\s*(\\S+)$");
    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final int MOST = 8_192; // the most CPUs that Linux is built for, CONFIG_NR_CPUS

    public Cores {
        cores = List.copyOf(cores);
    }

    /** Those of this process, read from the kernel's files. */
    public static Cores ofThisProcess() {
        return read(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /** @param root where the machine's files begin */
    static Cores read(Path root, int processors) {
        Matcher matcher = ALLOWED.matcher(Cgroup.text(root.resolve("proc/self/status")));
        NavigableSet<Integer> allowed = matcher.find() ? listed(matcher.group(1)) : new TreeSet<>();
        return new Cores(allowed, physical(root, fast(root, allowed)), Cgroup.cpuQuota(root), processors);
    }

    /**
     * How many threads a model computes with if it is not told: one for each physical core, and no more than the quota
     * pays for. Two threads on one core share its arithmetic units, and a thread that the quota stops has all the
     * others wait for it.
     *
     * @return 1 to {@code processors}
     */
    public int threads() {
        int count = cores.isEmpty() ? processors : Math.min(cores.size(), processors);
        return quota.isPresent() ? (int) Math.clamp(quota.getAsDouble(), 1, count) : count;
    }

    /** Those of a processor of two kinds that compute faster, as Linux names them on Intel's; else all. */
    private static NavigableSet<Integer> fast(Path root, NavigableSet<Integer> allowed) {
        NavigableSet<Integer> fast = listed(Cgroup.text(root.resolve("sys/devices/cpu_core/cpus")));
        fast.retainAll(allowed);
        return fast.isEmpty() ? allowed : fast;
    }

    private static List<NavigableSet<Integer>> physical(Path root, NavigableSet<Integer> cpus) {
        Path all = root.resolve("sys/devices/system/cpu");
        return cpus.stream()
                .map(cpu -> siblings(all.resolve("cpu" + cpu + "/topology"), cpu, cpus))
                .distinct()
                .sorted(Comparator.comparing(NavigableSet::first))
                .toList();
    }

    /** The CPUs that are threads of the same core, this one included. */
    private static NavigableSet<Integer> siblings(Path topology, int cpu, NavigableSet<Integer> cpus) {
        Path current = topology.resolve("core_cpus_list");
        Path old = topology.resolve("thread_siblings_list"); // before Linux 5.3
        NavigableSet<Integer> siblings = listed(Cgroup.text(Files.exists(current) ? current : old));
        siblings.add(cpu);
        siblings.retainAll(cpus);
        return siblings;
    }

    /** CPUs as the kernel lists them, {@code 0-3,8}; none if this is no such list. */
    private static NavigableSet<Integer> listed(String list) {
        var cpus = new TreeSet<Integer>();
        for (String part : list.strip().split(",", -1)) {
            var range = RANGE.matcher(part);
            if (!range.matches()) {
                return new TreeSet<>();
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            for (int cpu = first; cpu <= Math.min(last, MOST - 1); cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }
}
