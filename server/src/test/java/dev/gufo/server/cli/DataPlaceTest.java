package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPlaceTest {
    @TempDir
    private Path folder;

    @Test
    void whatTheServerKeepsIsForItsOwnerAlone() throws IOException {
        var place = new DataPlace();
        place.dataDir = folder.resolve("deep/data");
        place.open().close();
        assertThat(mode(place.dataDir)).isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(place.dataDir)) {
            assertThat(files)
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
        }
        place.open().close();
    }

    @Test
    void aFolderThatIsThereStaysAsItIs() throws IOException {
        var place = new DataPlace();
        place.dataDir = Files.createDirectory(
                folder.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        place.open().close();
        assertThat(mode(place.dataDir)).isEqualTo("rwxr-x---");
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
