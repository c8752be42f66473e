package dev.gufo.server;

import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import io.github.bucket4j.TimeMeter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Databases of tests: SQLite, each in a folder of its own. */
public final class TestStorage {
    private TestStorage() {}

    /** A database that was never used, for copies: bringing a new one up to date takes much longer than a copy. */
    private static final class Fresh {
        private static final byte[] FILE = make();

        private static byte[] make() {
            Path folder = newFolder();
            try {
                Database.open("", folder).close();
                return Files.readAllBytes(folder.resolve(Database.FILE));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                delete(folder);
            }
        }
    }

    /** A new database in a folder that is the test's. */
    public static Database database(Path folder) {
        try {
            Files.write(folder.resolve(Database.FILE), Fresh.FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Database.open("", folder);
    }

    /** Nobody is limited, and what is used is kept in this database; closed by the test. */
    public static KeyLimits unlimited(Database database) {
        return KeyLimits.open(Limits.NONE, "", database, InstantSource.system(), TimeMeter.SYSTEM_NANOTIME);
    }

    static Path newFolder() {
        try {
            return Files.createTempDirectory("gufo-test-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
