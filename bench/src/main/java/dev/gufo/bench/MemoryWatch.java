package dev.gufo.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Samples the resident memory of processes while requests end, as Linux tells it in {@code /proc/PID/status}. One
 * thread.
 *
 * <p>Samples are taken every so many requests and not by a timer, so that two runs of different speed compare.
 */
public final class MemoryWatch {
    private final Path proc;
    private final int everyRequests;
    private final Map<Long, List<Sample>> samples = new LinkedHashMap<>();
    private final Map<Long, Integer> warmIndex = new LinkedHashMap<>();
    private long requests;

    /**
     * One look at a process.
     *
     * @param requests that had ended by then, warm-up included
     * @param rssKiB resident now ({@code VmRSS})
     * @param peakKiB most that ever was ({@code VmHWM})
     */
    public record Sample(long requests, long rssKiB, long peakKiB) {}

    /**
     * What became of one process.
     *
     * @param name its command, empty if it was gone from the start
     * @param samples at the start, every so many requests, after the warm-up and at the end; fewer if it ended before
     * @param warm index in {@code samples} of the one after the warm-up; -1 if it was gone by then
     * @param alive whether it was there at the end
     */
    public record ProcessMemory(long pid, String name, List<Sample> samples, int warm, boolean alive) {
        /** The first sample. */
        public Optional<Sample> start() {
            return samples.isEmpty() ? Optional.empty() : Optional.of(samples.getFirst());
        }

        /** The sample after the warm-up. */
        public Optional<Sample> afterWarmUp() {
            return warm < 0 ? Optional.empty() : Optional.of(samples.get(warm));
        }

        /** The last sample, if the process was still there. */
        public Optional<Sample> end() {
            return alive ? Optional.of(samples.getLast()) : Optional.empty();
        }

        /** The most that any sample saw, in KiB; 0 without samples. */
        public long maxRssKiB() {
            return samples.stream().mapToLong(Sample::rssKiB).max().orElse(0);
        }
    }

    /**
     * Watches {@code pids}, none being fine.
     *
     * @param everyRequests 1 or more
     */
    public MemoryWatch(List<Long> pids, int everyRequests) {
        this(pids, everyRequests, Path.of("/proc"));
    }

    MemoryWatch(List<Long> pids, int everyRequests, Path proc) {
        if (everyRequests < 1) {
            throw new IllegalArgumentException("samples must be 1 or more requests apart, are " + everyRequests);
        }
        this.proc = proc;
        this.everyRequests = everyRequests;
        pids.forEach(pid -> samples.put(pid, new ArrayList<>()));
    }

    /** Takes the first samples. */
    void start() {
        sample();
    }

    /** Counts a request, and samples when it is time. */
    void requestEnded() {
        requests++;
        if (requests % everyRequests == 0) {
            sample();
        }
    }

    /** The warm-up is over; growth counts from here. */
    void warm() {
        sample().forEach(pid ->
                warmIndex.put(pid, requireNonNull(samples.get(pid)).size() - 1));
    }

    /** Takes the last samples and tells what was seen. */
    List<ProcessMemory> end() {
        List<Long> alive = sample();
        List<ProcessMemory> processes = new ArrayList<>();
        samples.forEach((pid, seen) -> processes.add(new ProcessMemory(
                pid, name(pid), List.copyOf(seen), warmIndex.getOrDefault(pid, -1), alive.contains(pid))));
        return Collections.unmodifiableList(processes);
    }

    /** Returns those that are alive. */
    private List<Long> sample() {
        List<Long> alive = new ArrayList<>();
        samples.forEach((pid, seen) -> read(pid).ifPresent(sample -> {
            seen.add(sample);
            alive.add(pid);
        }));
        return alive;
    }

    private Optional<Sample> read(long pid) {
        long rss = -1;
        long peak = -1;
        try {
            for (String line : Files.readAllLines(proc.resolve(pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    rss = kib(line);
                } else if (line.startsWith("VmHWM:")) {
                    peak = kib(line);
                }
            }
        } catch (IOException e) {
            return Optional.empty(); // ended
        }
        return rss < 0 ? Optional.empty() : Optional.of(new Sample(requests, rss, peak)); // a zombie has no memory
    }

    private String name(long pid) {
        try {
            return Files.readString(proc.resolve(pid + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static long kib(String line) {
        return Long.parseLong(line.replaceAll("\\D", ""));
    }
}
