package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashReportsTest {
    @TempDir
    private Path folder;

    @Test
    void theLastFewAreKeptForTheirOwnerAndOtherFilesAreLeftAlone() throws IOException {
        for (int i = 0; i < 9; i++) {
            Path report = Files.writeString(folder.resolve("worker-crash-%d.log".formatted(100 - i)), "memory");
            Files.setPosixFilePermissions(report, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setLastModifiedTime(report, FileTime.fromMillis(1_000_000L + 1_000L * i));
        }
        Files.writeString(folder.resolve("gufo.db"), "");
        CrashReports.tidy(folder);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                    Stream.of("gufo.db"),
                                    IntStream.range(4, 9).mapToObj(i -> "worker-crash-%d.log".formatted(100 - i)))
                            .toList());
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("worker-crash-92.log"))))
                .isEqualTo("rw-------");
    }
}
