package dev.gufo.engine.batch;

import dev.gufo.engine.DiskCache;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The folder where states are kept on disk, with a subfolder for each model. Whoever has a model's lock alone writes
 * into its subfolder; all together keep to the bytes that the folder may take, for which whoever needs room deletes
 * what was not used for longest, whosever it is. Nothing is touched that has another name than Gufo gives.
 *
 * <p>The writer's thread calls what changes files, but for {@link #remove} and {@link #used}, which any may.
 */
final class CacheFolder implements AutoCloseable {
    private static final Pattern MODEL = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern STATE = Pattern.compile("[0-9a-f]{64}\\.kv");
    private static final Pattern UNFINISHED = Pattern.compile("[0-9a-f]{64}\\.tmp");
    private static final String LOCK = "lock";

    private final DiskCache settings;
    private final Path own;
    private final FileChannel lock; // held for as long as it is open

    private record Kept(Path file, long bytes, FileTime used) {}

    private CacheFolder(DiskCache settings, Path own, FileChannel lock) {
        this.settings = settings;
        this.own = own;
        this.lock = lock;
    }

    /**
     * Makes the folders, and deletes what a process that died has left half written.
     *
     * @return empty if another process has this model's
     * @throws IOException if the folder can't be used
     */
    static Optional<CacheFolder> open(DiskCache settings, byte[] model) throws IOException {
        var onlyOwner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Path own = settings.folder().resolve(HexFormat.of().formatHex(model, 0, 16));
        Files.createDirectories(own, onlyOwner);
        FileChannel lock = openLock(own);
        if (tryLock(lock).isEmpty()) {
            lock.close();
            return Optional.empty();
        }
        CacheFolder folder = new CacheFolder(settings, own, lock);
        for (Kept file : folder.files(own, UNFINISHED)) {
            Files.deleteIfExists(file.file());
        }
        return Optional.of(folder);
    }

    private static FileChannel openLock(Path folder) throws IOException {
        return FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static Optional<FileLock> tryLock(FileChannel lock) throws IOException {
        try {
            return Optional.ofNullable(lock.tryLock());
        } catch (OverlappingFileLockException e) {
            return Optional.empty(); // this process has it already
        }
    }

    private List<Kept> files(Path folder, Pattern pattern) throws IOException {
        List<Kept> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path file : all) {
                if (pattern.matcher(file.getFileName().toString()).matches()) {
                    try {
                        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                        files.add(new Kept(file, attributes.size(), attributes.lastModifiedTime()));
                    } catch (NoSuchFileException e) {
                        // another process has deleted it
                    }
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return files;
    }

    /** What all files of all models may take together. */
    long mostBytes() {
        return settings.bytes();
    }

    /** Names of this model's states. */
    List<String> names() throws IOException {
        return files(own, STATE).stream().map(file -> nameOf(file.file())).toList();
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.lastIndexOf('.'));
    }

    Path file(String name) {
        return own.resolve(name + ".kv");
    }

    /**
     * Makes a file of some size to be written into, and room for it.
     *
     * @param evicted told the names of this model's states that were deleted for it
     * @return empty if it would not fit even alone, or another model of this process makes room for itself just now
     */
    Optional<Path> reserve(String name, long bytes, Consumer<String> evicted) throws IOException {
        if (bytes > settings.bytes()) {
            return Optional.empty();
        }
        try (FileChannel shared = openLock(settings.folder())) {
            shared.lock(); // until it is closed
            makeRoom(bytes, evicted);
            Path file = own.resolve(name + ".tmp");
            var onlyOwner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            Files.deleteIfExists(file);
            Files.createFile(file, onlyOwner);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), bytes - 1); // others count it as a whole from now on
            }
            return Optional.of(file);
        } catch (OverlappingFileLockException e) {
            return Optional.empty(); // another model of this process makes room
        }
    }

    private void makeRoom(long bytes, Consumer<String> evicted) throws IOException {
        List<Kept> files = new ArrayList<>();
        for (Kept folder : files(settings.folder(), MODEL)) {
            files.addAll(files(folder.file(), STATE));
            files.addAll(files(folder.file(), UNFINISHED));
        }
        files.sort(Comparator.comparing(Kept::used));
        long taken = files.stream().mapToLong(Kept::bytes).sum();
        for (Kept file : files) {
            if (taken + bytes <= settings.bytes()) {
                return;
            }
            Files.deleteIfExists(file.file());
            taken -= file.bytes();
            if (own.equals(file.file().getParent())) {
                evicted.accept(nameOf(file.file()));
            }
        }
    }

    /** Gives a file that was written, and is on the disk, its name. */
    void publish(Path unfinished, String name) throws IOException {
        Files.move(unfinished, file(name), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(own, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    void remove(String name) throws IOException {
        Files.deleteIfExists(file(name));
    }

    /** Notes that a state was asked for. */
    void used(String name, Instant now) throws IOException {
        Files.setLastModifiedTime(file(name), FileTime.from(now));
    }

    /** Lets others have this model's folder. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
