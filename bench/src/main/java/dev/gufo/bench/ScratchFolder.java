package dev.gufo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for the data of servers that are measured; it is deleted with all that is in it. */
record ScratchFolder(Path path) implements AutoCloseable {
    static ScratchFolder make(String name) throws IOException {
        return new ScratchFolder(Files.createTempDirectory(name));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
