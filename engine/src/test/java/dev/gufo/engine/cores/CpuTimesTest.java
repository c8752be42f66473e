package dev.gufo.engine.cores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuTimesTest {
    @TempDir
    private Path proc;

    private void file(String name, String content) throws IOException {
        Path file = proc.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void waitingAndIdleTimeAreReadAnewEachTime() throws IOException {
        file("stat", "cpu  9 9 9 900 9 0\ncpu0 1 2 3 100 20 7 8\ncpu1 1 2 3 200 30 7 8\ncpu10 1 2 3 400 0 0\nintr 5\n");
        file("self/task/11/schedstat", "500 7000 3\n");
        file("self/task/12/schedstat", "500 20000 3\n");
        try (CpuTimes times = CpuTimes.of(proc, List.of(11L, 12L), Set.of(0, 1)).orElseThrow()) {
            assertThat(times.waitedNanos()).isEqualTo(27_000);
            assertThat(times.idleNanos()).isEqualTo(350L * 10_000_000);
            file("self/task/12/schedstat", "900 123456789012 4\n");
            file("stat", "cpu0 1 2 3 101 20 7 8\ncpu1 1 2 3 200 30 7 8\n" + "intr 0\n".repeat(5_000));
            assertThat(times.waitedNanos()).isEqualTo(123_456_796_012L);
            assertThat(times.idleNanos()).isEqualTo(351L * 10_000_000);
        }
    }

    @Test
    void aSystemThatCountsNeitherHasNone() throws IOException {
        assertThat(CpuTimes.of(proc, List.of(11L), Set.of(0))).isEmpty();
        file("self/task/11/schedstat", "500 7000 3\n");
        file("stat", "cpu  0 0 0 0 0 0\n");
        assertThat(CpuTimes.of(proc, List.of(11L), Set.of(0))).isEmpty();
        assertThat(CpuTimes.of(proc, List.of(), Set.of(0))).isEmpty();
    }
}
