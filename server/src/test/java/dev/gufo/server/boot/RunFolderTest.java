package dev.gufo.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    private Path temporary;

    @Test
    void theNextStartRemovesWhatADeadServerLeftAndNothingElse() throws IOException {
        Path left = Files.createDirectories(temporary.resolve("gufo-run-123/gufo1"));
        Files.writeString(left.resolve("worker"), "");
        Files.writeString(left.resolveSibling("lock"), "");
        Path precious = Files.writeString(temporary.resolve("precious"), "");
        Files.createSymbolicLink(left.resolve("link"), precious);
        Path foreign = Files.createDirectory(temporary.resolve("gufo-run-being-made"));

        try (RunFolder living = RunFolder.open(temporary);
                RunFolder second = RunFolder.open(temporary)) {
            assertThat(temporary.resolve("gufo-run-123")).doesNotExist();
            assertThat(foreign).exists();
            assertThat(precious).exists();
            assertThat(living.path()).exists().isNotEqualTo(second.path());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(second.path())))
                    .isEqualTo("rwx------");
            Files.writeString(living.path().resolve("library.so"), "");
        }
        assertThat(temporary).isDirectoryNotContaining("glob:**/gufo-run-*[0-9]");
    }
}
