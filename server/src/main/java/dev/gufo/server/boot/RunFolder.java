package dev.gufo.server.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary files of one server: sockets of its workers, and native libraries that were unpacked from jars. It is
 * gone when the server ends; if that is killed, the next start removes it.
 *
 * <p>Invariant: the server holds the lock of a file in it for as long as it lives, which the system gives back however
 * it ends. So a folder whose lock can be had belongs to no server.
 */
public final class RunFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final String PREFIX = "gufo-run-";
    private static final String LOCK = "lock";
    private static final int ATTEMPTS = 10;

    /** Where SQLite's driver unpacks its library; read when its class is loaded. */
    private static final String SQLITE = "org.sqlite.tmpdir";

    private final Path path;
    private final FileChannel channel;

    private RunFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Removes what dead servers left, and makes a folder for this one. SQLite's driver uses it from now on, unless it
     * was told otherwise.
     *
     * @param parent for temporary files
     * @throws StartFailed if it can't be made
     */
    public static RunFolder open(Path parent) {
        try {
            removeLeftovers(parent);
            RunFolder folder = make(parent);
            if (System.getProperty(SQLITE) == null) {
                System.setProperty(SQLITE, folder.path.toString());
            }
            return folder;
        } catch (IOException e) {
            throw new StartFailed("temporary files can't be made in %s: %s".formatted(parent, Reasons.of(e)));
        }
    }

    private static RunFolder make(Path parent) throws IOException {
        for (int i = 0; i < ATTEMPTS; i++) {
            Path path = Files.createTempDirectory(parent, PREFIX); // for its owner alone
            Path lock = path.resolve(LOCK);
            FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            // Another start may have taken it for a dead one's between the two.
            if (lock(channel) && Files.exists(lock)) {
                return new RunFolder(path, channel);
            }
            channel.close();
        }
        throw new IOException("others keep removing them");
    }

    public Path path() {
        return path;
    }

    private static void removeLeftovers(Path parent) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                removeIfDead(folder);
            }
        }
    }

    private static void removeIfDead(Path folder) {
        Path lock = folder.resolve(LOCK);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (lock(channel)) {
                remove(folder);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("{} is being made or removed by another start", folder);
        } catch (IOException e) {
            LOG.debug("{} stays, it may be another user's", folder, e);
        }
    }

    /** Whether the lock could be had. */
    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // another server's of this process
        }
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Override
    public void close() {
        if (path.toString().equals(System.getProperty(SQLITE))) {
            System.clearProperty(SQLITE);
        }
        try (channel) {
            remove(path);
        } catch (IOException e) {
            LOG.debug("{} stays until the next start", path, e); // where a loaded library can't be deleted
        }
    }
}
