package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
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
    void whatIsThereAndOpenToAllIsClosed() throws IOException {
        var place = new DataPlace();
        place.dataDir = folder.resolve("data");
        place.open().close();
        Path crash = Files.writeString(place.dataDir.resolve("worker-crash-12.log"), "#");
        Path lock = place.dataDir.resolve("gufo.db.lock");
        Path database = place.dataDir.resolve("gufo.db");
        for (Path path : List.of(crash, lock, database, place.dataDir)) {
            open(path, path.equals(place.dataDir) ? "rwxr-xr-x" : "rw-r--r--");
        }
        place.open().close();
        assertThat(mode(place.dataDir)).isEqualTo("rwx------");
        assertThat(List.of(crash, lock, database))
                .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
    }

    @Test
    void aFolderThatHoldsMoreStaysOpenAndTheDatabaseInItDoesNot() throws IOException {
        var place = new DataPlace();
        place.dataDir = folder;
        place.open().close();
        Path page = Files.writeString(folder.resolve("index.html"), "<p>");
        for (Path path : List.of(page, folder.resolve("gufo.db"))) {
            open(path, "rw-r--r--");
        }
        open(folder, "rwxr-xr-x");
        place.open().close();
        assertThat(mode(folder)).isEqualTo("rwxr-xr-x");
        assertThat(mode(page)).isEqualTo("rw-r--r--");
        assertThat(mode(folder.resolve("gufo.db"))).isEqualTo("rw-------");
    }

    @Test
    void aModeForAGroupStaysAsItIs() throws IOException {
        var place = new DataPlace();
        place.dataDir = Files.createDirectory(
                folder.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        place.open().close();
        assertThat(mode(place.dataDir)).isEqualTo("rwxr-x---");
    }

    private static void open(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
