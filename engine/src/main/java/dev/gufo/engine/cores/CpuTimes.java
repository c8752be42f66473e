package dev.gufo.engine.cores;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How long threads waited for a CPU and how long CPUs had nothing to do, as Linux counts both. The files stay open, and
 * a look at them costs microseconds. Belongs to one thread.
 *
 * @see <a href="https://docs.kernel.org/scheduler/sched-stats.html">/proc/&lt;pid&gt;/schedstat</a>
 * @see <a href="https://docs.kernel.org/filesystems/proc.html">/proc/stat</a>
 */
public final class CpuTimes implements Closeable {
    /** What {@code /proc/stat} counts in, on every architecture: USER_HZ is 100. */
    private static final long TICK_NANOS = 10_000_000;

    private static final int WAITED = 1; // ns on a CPU, ns waiting for one, times that it got one
    private static final int IDLE = 4; // cpuN user nice system idle iowait …
    private static final int IO_WAIT = 5;
    private static final Pattern SPACES = Pattern.compile(" +");

    private final List<FileChannel> tasks = new ArrayList<>();
    private final Set<String> cpus = new HashSet<>();
    private final FileChannel stat;
    private ByteBuffer buffer = ByteBuffer.allocate(8 << 10);

    private CpuTimes(Path proc, Collection<Long> threads, Collection<Integer> cpus) throws IOException {
        stat = open(proc.resolve("stat"));
        try {
            for (long thread : threads) {
                tasks.add(open(proc.resolve("self/task/" + thread + "/schedstat")));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
        cpus.forEach(cpu -> this.cpus.add("cpu" + cpu));
    }

    /**
     * Of some threads of this process, and of some CPUs.
     *
     * @param proc {@code /proc}
     * @return empty if the system does not tell
     */
    public static Optional<CpuTimes> of(Path proc, Collection<Long> threads, Collection<Integer> cpus) {
        if (threads.isEmpty() || cpus.isEmpty()) {
            return Optional.empty();
        }
        CpuTimes times;
        try {
            times = new CpuTimes(proc, threads, cpus);
        } catch (IOException e) {
            return Optional.empty();
        }
        if (times.idleNanos() > 0) {
            return Optional.of(times);
        }
        times.close();
        return Optional.empty();
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    /** How long the threads waited for a CPU, all together, in ns. */
    public long waitedNanos() {
        long nanos = 0;
        for (FileChannel task : tasks) {
            String[] fields = SPACES.split(read(task).strip(), -1);
            nanos += fields.length > WAITED ? number(fields[WAITED]) : 0;
        }
        return nanos;
    }

    /** How long the CPUs were idle, all together, in ns; changes in steps of 10 ms. */
    public long idleNanos() {
        long ticks = 0;
        for (String line : read(stat).split("\n", -1)) {
            String[] fields = SPACES.split(line, -1);
            if (fields.length > IO_WAIT && cpus.contains(fields[0])) {
                ticks += number(fields[IDLE]) + number(fields[IO_WAIT]);
            }
        }
        return ticks * TICK_NANOS;
    }

    private static long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** A file from its beginning; {@code ""} for a thread that is gone. */
    private String read(FileChannel file) {
        try {
            buffer.clear();
            for (int count = file.read(buffer, 0); count > 0; count = file.read(buffer, buffer.position())) {
                if (!buffer.hasRemaining()) {
                    buffer = ByteBuffer.allocate(2 * buffer.capacity()).put(buffer.flip());
                }
            }
        } catch (IOException e) {
            return "";
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        List<FileChannel> all = new ArrayList<>(tasks);
        all.add(stat);
        for (FileChannel file : all) {
            try {
                file.close();
            } catch (IOException e) {
                // it was only read
            }
        }
    }
}
