package dev.gufo.server.boot;

import dev.gufo.server.database.OwnerOnly;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folder for what a server keeps. */
public final class DataFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);

    /** The database with its logs and lock, and what workers leave when they crash. */
    private static final Pattern SECRET = Pattern.compile("gufo\\.db.*|worker-crash-.*");

    /** Beside them: temporary folders, compiled code for GPUs. A folder with anything else in it serves others too. */
    private static final Pattern OURS = Pattern.compile(SECRET + "|gufo.*|cuda-cache|files");

    private DataFolder() {}

    /**
     * Makes the folder if it is not there, for its owner alone, and sees that files can be made in it: databases say
     * that in words that are hard to understand. What is there from earlier starts, and open to all users of the
     * machine, is closed to them; a warning says so where that can't be done.
     *
     * @return the folder
     * @throws IOException if it can't be made or written to
     */
    public static Path prepare(Path folder) throws IOException {
        OwnerOnly.createFolder(folder);
        if (!Files.isWritable(folder)) {
            throw new AccessDeniedException(folder.toString());
        }
        List<Path> entries;
        try (Stream<Path> files = Files.list(folder)) {
            entries = files.toList();
        }
        entries.stream()
                .filter(entry -> matches(SECRET, entry) && isFile(entry))
                .forEach(DataFolder::close);
        if (entries.stream().allMatch(entry -> matches(OURS, entry))) {
            close(folder);
        }
        return folder;
    }

    private static boolean isFile(Path path) {
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean matches(Pattern names, Path path) {
        return names.matcher(path.getFileName().toString()).matches();
    }

    private static void close(Path path) {
        try {
            if (OwnerOnly.close(path)) {
                LOG.info("{} was open to all users of this machine, and is its owner's alone now", path);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("{} has gone", path, e); // the database's log, which another program has closed
        } catch (IOException e) {
            LOG.warn("{} is open to all users of this machine, which can't be changed: {}", path, Reasons.of(e));
        }
    }
}
