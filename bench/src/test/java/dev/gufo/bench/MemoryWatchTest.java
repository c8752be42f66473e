package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.bench.MemoryWatch.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MemoryWatchTest {
    @TempDir
    private Path proc;

    private void process(long pid, long rss, long peak) throws IOException {
        Files.createDirectories(proc.resolve("" + pid));
        Files.writeString(proc.resolve(pid + "/comm"), "java\n");
        Files.writeString(
                proc.resolve(pid + "/status"), "Name:\tjava\nVmHWM:\t  %d kB\nVmRSS:\t %d kB\n".formatted(peak, rss));
    }

    @Test
    void samplesComeAtTheStartAfterTheWarmUpEverySoManyRequestsAndAtTheEnd() throws IOException {
        var watch = new MemoryWatch(List.of(7L), 2, proc);
        process(7, 100, 100);
        watch.start();
        process(7, 300, 350);
        watch.requestEnded();
        watch.warm();
        process(7, 500, 600);
        watch.requestEnded();
        process(7, 320, 600);
        watch.requestEnded();
        var process = watch.end().getFirst();
        assertThat(process.name()).isEqualTo("java");
        assertThat(process.samples())
                .containsExactly(
                        new Sample(0, 100, 100),
                        new Sample(1, 300, 350),
                        new Sample(2, 500, 600),
                        new Sample(3, 320, 600));
        assertThat(process.start()).contains(new Sample(0, 100, 100));
        assertThat(process.afterWarmUp()).contains(new Sample(1, 300, 350));
        assertThat(process.end()).contains(new Sample(3, 320, 600));
        assertThat(process.maxRssKiB()).isEqualTo(500);
    }

    @Test
    void aProcessThatEndsIsSaidToHaveEnded() throws IOException {
        var watch = new MemoryWatch(List.of(7L, 8L), 1, proc);
        process(7, 100, 100);
        watch.start();
        watch.warm();
        Files.delete(proc.resolve("7/status"));
        var processes = watch.end();
        assertThat(processes.getFirst().alive()).isFalse();
        assertThat(processes.getFirst().end()).isEmpty();
        assertThat(processes.getFirst().samples()).hasSize(2);
        assertThat(processes.getLast().samples()).isEmpty();
        assertThat(processes.getLast().start()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theKernelIsReadAsItWrites() {
        long self = ProcessHandle.current().pid();
        var watch = new MemoryWatch(List.of(self), 1);
        watch.start();
        var process = watch.end().getFirst();
        assertThat(process.maxRssKiB()).isGreaterThan(10_000);
        assertThat(process.samples().getLast().peakKiB()).isGreaterThan(10_000);
    }
}
