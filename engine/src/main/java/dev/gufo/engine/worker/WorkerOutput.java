package dev.gufo.engine.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker wrote to its standard output and error. That is not its log: it is what native code and the JVM have to
 * say when all else is over, so each line is a warning, and the last ones tell the reason of its death. Read by a
 * thread of its own.
 */
final class WorkerOutput {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerOutput.class);
    private static final int KEPT_LINES = 50;
    private static final int STACK_BYTES = 256 << 10;

    /**
     * Time for the last lines to be read when the process is gone; a debugger that it started may hold the pipe open.
     */
    private static final Duration LAST_LINES = Duration.ofSeconds(1);

    /** GGML's assertions and aborts, the JVM's crash report, and whatever a Java thread died of. */
    private static final Pattern CAUSE = Pattern.compile(
            "\\.(c|cc|cpp|cu|cuh|h|hpp|m):\\d+:|SIG[A-Z]+ \\(0x|OutOfMemoryError|^thread .* failed: |^Error: ");

    private static final Pattern REPORT = Pattern.compile("^(#|\\s|$)");

    private final Deque<String> lines = new ArrayDeque<>(); // guarded by itself
    private final Process process;
    private final Thread reader;

    private WorkerOutput(Process process) {
        this.process = process;
        reader = new Thread(null, this::readAll, "worker-output-" + process.pid(), STACK_BYTES);
        reader.setDaemon(true);
    }

    static WorkerOutput read(Process process) {
        WorkerOutput output = new WorkerOutput(process);
        output.reader.start();
        return output;
    }

    /** The line that tells best what ended the process, or {@code ""}; to be asked when it is gone. */
    String lastWords() throws InterruptedException {
        reader.join(LAST_LINES);
        synchronized (lines) {
            String last = "";
            for (String line : lines) {
                if (CAUSE.matcher(line).find()) {
                    return line.strip();
                }
                last = REPORT.matcher(line).find() ? last : line.strip();
            }
            return last;
        }
    }

    private void readAll() {
        try (BufferedReader text = process.inputReader()) {
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                LOG.warn("worker {}: {}", process.pid(), line);
                synchronized (lines) {
                    lines.add(line);
                    if (lines.size() > KEPT_LINES) {
                        lines.remove();
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the output of worker {} ended", process.pid(), e);
        }
    }
}
