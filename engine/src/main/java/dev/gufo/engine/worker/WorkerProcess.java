package dev.gufo.engine.worker;

import dev.gufo.engine.plan.ProcessMemory;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** One child's life, from its command line to the reason of its death. */
final class WorkerProcess {
    /**
     * A worker's heap is small, its memory is native: the serial collector has the least of its own. C2 stays, since
     * choosing the largest of a vocabulary's logits is a loop that it makes vector code of. {@link ProcessMemory} says
     * how large it may become; what is not used of the heap is given back at once: {@link IdleHeap}.
     */
    private static final List<String> JVM_OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xms16m",
            "-XX:-ShrinkHeapInSteps",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError");

    /**
     * Of the C library's allocator: few arenas, and what a burst of work took goes back to the system. The limits stand
     * still then, at which memory comes from the system block by block and is given back. Large blocks, such as a KV
     * cache, have pages of 2 MiB where the kernel lets programs ask for them (glibc's manual, "Memory Allocation
     * Tunables"): a cache of 96 MiB is there 20 times sooner.
     */
    private static final Map<String, String> ALLOCATOR = Map.of(
            "MALLOC_ARENA_MAX", "2",
            "MALLOC_MMAP_THRESHOLD_", "1048576",
            "MALLOC_TRIM_THRESHOLD_", "8388608",
            "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

    /** The kernel's limit for the path of a Unix domain socket is 108 bytes. */
    private static final int MAX_SOCKET_PATH = 100;

    private static final Duration KILLED = Duration.ofSeconds(10);

    /** A JVM starts within a second; on a machine that has no core left for it, in many. */
    private static final Duration CONNECTING = Duration.ofSeconds(60);

    private final Process process;
    private final ServerSocketChannel listening;
    private final Path socket;
    private final WorkerOutput output;

    private WorkerProcess(Process process, ServerSocketChannel listening, Path socket) {
        this.process = process;
        this.listening = listening;
        this.socket = socket;
        output = WorkerOutput.read(process);
    }

    /**
     * Starts a child that will connect to this process.
     *
     * @param mainClass what it runs, with the socket's path as its only argument
     * @throws IOException if there is no socket or no process to be had
     */
    static WorkerProcess start(WorkerOptions options, String mainClass) throws IOException {
        Path socket = socketPath(options.tempFolder());
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listening.bind(UnixDomainSocketAddress.of(socket), 1);
            ProcessBuilder builder = ChildJvm.of(jvmOptions(options), mainClass, List.of(socket.toString()));
            Map<String, String> environment = builder.environment();
            ALLOCATOR.forEach(environment::putIfAbsent);
            // Threads of the second engine's library would spin while they wait for one that another process keeps from
            // running.
            environment.putIfAbsent("OMP_WAIT_POLICY", "passive");
            environment.put("GGML_NO_BACKTRACE", "1"); // it would attach a debugger, which can hang
            Process process = builder.start();
            process.getOutputStream().close();
            return new WorkerProcess(process, listening, socket);
        } catch (IOException e) {
            listening.close();
            remove(socket);
            throw e;
        }
    }

    private static List<String> jvmOptions(WorkerOptions options) {
        List<String> jvm = new ArrayList<>(JVM_OPTIONS);
        jvm.addAll(ProcessMemory.jvmOptions());
        jvm.add(CrashReports.option(options.crashFolder()));
        jvm.addAll(options.javaOptions());
        jvm.add("-Djava.io.tmpdir=" + options.tempFolder().toAbsolutePath());
        return jvm;
    }

    /** In a folder that only this user may enter: who can connect could pose as the worker. */
    private static Path socketPath(Path folder) throws IOException {
        Path socket = Files.createTempDirectory(folder, "gufo").resolve("worker");
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH && File.separatorChar == '/') {
            Files.delete(socket.getParent());
            socket = Files.createTempDirectory(Path.of("/tmp"), "gufo").resolve("worker");
        }
        return socket;
    }

    /**
     * Waits for the child to connect; its socket has no path any more afterwards.
     *
     * @throws IOException if it ended first
     * @throws NotAnswering if it does not connect in time
     */
    Connection connect() throws IOException {
        CompletableFuture<Void> watch = process.onExit().thenRun(this::stopListening);
        Executor later = CompletableFuture.delayedExecutor(CONNECTING.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> late = CompletableFuture.runAsync(this::stopListening, later);
        try (listening) {
            return new Connection(listening.accept());
        } catch (ClosedChannelException e) {
            if (process.isAlive()) {
                throw new NotAnswering("it has not connected within " + LifeSigns.text(CONNECTING));
            }
            throw new IOException("it ended before it connected", e);
        } finally {
            watch.cancel(false);
            late.cancel(false);
            remove(socket);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Ends the child at once. Any thread, idempotent. */
    void kill() {
        process.destroyForcibly();
    }

    /** Waits for the child's end; false if it did not come in time. */
    boolean awaitEnd(Duration timeout) throws InterruptedException {
        return process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Sees to it that the child is gone, and says in one line what ended it. */
    String end() throws InterruptedException {
        boolean killed = !awaitEnd(Duration.ofMillis(500)); // its socket is closed already, so it is ending or stuck
        kill();
        if (!awaitEnd(KILLED)) {
            return "process %d does not end".formatted(pid());
        }
        String words = output.lastWords();
        String how = killed ? "was stopped" : exit(process.exitValue());
        return "process %d %s%s".formatted(pid(), how, words.isEmpty() ? "" : ": " + words);
    }

    private static String exit(int status) {
        return switch (status) {
            case 128 + 4 -> "ended by an illegal instruction";
            case 128 + 6 -> "aborted";
            case 128 + 7, 128 + 11 -> "ended by a memory fault";
            case 128 + 9 -> "was killed";
            default -> "ended with status " + status;
        };
    }

    private void stopListening() {
        try {
            listening.close();
        } catch (IOException e) {
            // then accept has ended already
        }
    }

    private static void remove(Path socket) {
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(socket.getParent());
        } catch (IOException e) {
            // an empty folder stays among the temporary files
        }
    }
}
