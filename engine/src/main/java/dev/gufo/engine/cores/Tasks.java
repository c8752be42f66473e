package dev.gufo.engine.cores;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Threads as the Linux kernel numbers them, those that native code starts too. */
public final class Tasks {
    private static final Path OF_PROCESS = Path.of("/proc/self/task");
    private static final Path OF_THREAD = Path.of("/proc/thread-self");

    private Tasks() {}

    /** The calling thread; empty if the system does not tell. */
    public static OptionalLong current() {
        try {
            return OptionalLong.of(Long.parseLong(
                    Files.readSymbolicLink(OF_THREAD).getFileName().toString()));
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /**
     * Runs {@code starting}, and tells which threads of native code it has started. They are called {@code compute-}
     * and the number of the thread that started them: a new thread has the name of its starter, who is called so for
     * that moment.
     *
     * @return in the order of their numbers; none if the system does not tell
     */
    public static List<Long> startedBy(Runnable starting) {
        OptionalLong self = current();
        Path nameFile = OF_THREAD.resolve("comm");
        String before = Cgroup.text(nameFile).strip();
        String name = "compute-" + self.orElse(0);
        if (self.isEmpty() || before.isEmpty() || !call(nameFile, name)) {
            starting.run();
            return List.of();
        }
        try {
            List<Long> old = called(name);
            starting.run();
            return called(name).stream().filter(task -> !old.contains(task)).toList();
        } finally {
            call(nameFile, before);
        }
    }

    private static boolean call(Path nameFile, String name) {
        try {
            Files.writeString(nameFile, name);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Long> called(String name) {
        try (Stream<Path> tasks = Files.list(OF_PROCESS)) {
            return tasks.filter(
                            task -> Cgroup.text(task.resolve("comm")).strip().equals(name))
                    .map(task -> Long.valueOf(task.getFileName().toString()))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
