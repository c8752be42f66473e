package dev.gufo.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes with the launcher's collector and sizes of the heap, in which everything lives for some seconds. */
@Timeout(120)
class HeapWatchTest {
    @Test
    void theHeapStaysSmallWhenItIsWatchedAndGrowsOtherwise() throws IOException, InterruptedException {
        assertThat(largest("watched")).isLessThan(200);
        assertThat(largest("unwatched")).isGreaterThan(300);
    }

    /** MiB that the heap had at most. */
    private static int largest(String how) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xms24m",
                        "-Xmx384m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        GrowingProcess.class.getName(),
                        how)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return Integer.parseInt(said.lines().toList().getLast().strip());
    }
}
