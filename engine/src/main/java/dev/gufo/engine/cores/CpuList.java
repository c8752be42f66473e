package dev.gufo.engine.cores;

import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** CPUs as the kernel lists them, {@code 0-3,8}. */
final class CpuList {
    private static final int MOST = 8_192; // the most CPUs that Linux is built for, CONFIG_NR_CPUS

    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");

    private CpuList() {}

    /** Their numbers; none if this is no such list. */
    static NavigableSet<Integer> parse(String list) {
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
