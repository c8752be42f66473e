package dev.gufo.server.files;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Contents, each under its id and complete. Nothing here knows their rows. Safe for any thread.
 *
 * @param folder that exists
 */
record BlobFolder(Path folder) {
    /** Ends the name of contents that are not complete. */
    static final String PART = ".part";

    static final int STEP_BYTES = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(BlobFolder.class);

    /** Begins to write contents; else as {@link BlobWriter}. */
    BlobWriter write(String id, LongConsumer room) throws IOException {
        return new BlobWriter(id, folder, room);
    }

    boolean has(String id) {
        return Files.isRegularFile(folder.resolve(id));
    }

    /**
     * Contents that were compared with their hash, to be read at any place.
     *
     * @param sha256 hexadecimal
     * @return to be closed by the caller
     * @throws ApiException with {@link Problem.FileDamaged} if they are not what they were
     */
    FileChannel channel(String id, String sha256) throws IOException {
        Path path = folder.resolve(id);
        try {
            if (!sha256(path).equals(sha256)) {
                LOG.error("the contents of {} are damaged: {}", id, path);
                throw new ApiException(new Problem.FileDamaged(id));
            }
            return FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            LOG.error("the contents of {} are missing: {}", id, path);
            throw new ApiException(new Problem.FileDamaged(id));
        }
    }

    private static String sha256(Path path) throws IOException {
        MessageDigest digest = BlobWriter.sha256();
        byte[] step = new byte[STEP_BYTES];
        try (InputStream in = Files.newInputStream(path)) {
            for (int read = in.read(step); read >= 0; read = in.read(step)) {
                digest.update(step, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Removes contents that nothing needs. */
    void remove(String id) {
        try {
            Files.deleteIfExists(folder.resolve(id));
        } catch (IOException e) {
            LOG.warn("the contents of {} could not be removed, a later start does it", id, e);
        }
    }

    /**
     * Removes what is older than that and is not wanted.
     *
     * @param wanted whether contents with this id are
     */
    void sweep(Instant before, Predicate<String> wanted) {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path path : entries.toList()) {
                if (isOlder(path, before) && !wanted.test(path.getFileName().toString())) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            LOG.warn("the folder for files could not be tidied up: {}", folder, e);
        }
    }

    private static boolean isOlder(Path path, Instant time) throws IOException {
        return Files.isRegularFile(path)
                && Files.getLastModifiedTime(path).toInstant().isBefore(time);
    }
}
