package dev.gufo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What Maven downloaded is what {@code .mvn/checksums} says; an old Maven does not look there by itself. */
class PinnedLibrariesTest {
    private static final Path PINNED = Path.of("../.mvn/checksums/checksums.sha256");

    @Test
    void everyJarOfTheClassPathHasThePinnedHash() throws IOException, NoSuchAlgorithmException {
        Map<String, String> hashes = new HashMap<>(); // by the name of the file, which has the version in it
        for (String line : Files.readAllLines(PINNED)) {
            String[] parts = line.strip().split("\\s+", 2);
            hashes.put(Path.of(parts[1]).getFileName().toString(), parts[0]);
        }
        Path checkout = Path.of("..").toAbsolutePath().normalize();
        List<Path> jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> Files.isRegularFile(path) && !path.startsWith(checkout))
                .toList();
        assertThat(jars).hasSizeGreaterThan(50);
        for (Path jar : jars) {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
            assertThat(HexFormat.of().formatHex(hash))
                    .as(jar.toString())
                    .isEqualTo(hashes.get(jar.getFileName().toString()));
        }
    }
}
