package dev.gufo.server.files;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.OwnerOnly;
import dev.gufo.server.database.Session;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.PageQuery;
import dev.gufo.server.threads.Periodic;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of callers. Contents lie in a folder, each under its file's id and complete; what else is known of a file is a
 * row. Contents come before their row and go after it, so a row without contents is damage, and contents without a row
 * are swept up. Safe for any thread.
 */
public final class FileStore implements AutoCloseable {
    /** Ends the name of contents that are not complete. */
    static final String PART = ".part";

    /** What OpenAI takes. */
    public static final long MOST_BYTES_OF_FILE = 512L << 20;

    /** Likewise, of a file that comes in parts. */
    static final long MOST_BYTES_OF_PART = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);
    private static final Duration LOOK_FOR_OLD = Duration.ofMinutes(1);
    private static final int DELETED_AT_ONCE = 100;
    private static final int STEP_BYTES = 64 << 10;

    /** Contents without a row that are younger may still get one, from any server that has this folder. */
    private static final Duration ORPHANED = Duration.ofDays(1);

    private final Database database;
    private final Path folder;
    private final Settings settings;
    private final InstantSource clock;
    private final Supplier<RandomGenerator> random;
    private final AtomicLong arriving = new AtomicLong(); // bytes of contents that have no row yet
    private final Periodic sweeper;

    /**
     * How files are kept.
     *
     * @param folder where the contents lie; empty for {@code files} beside the database's file
     * @param mostBytes of all together; 0 keeps no files at all
     * @param mostBytesOfKey of those of one key; 0 if it may have all
     * @param retention how long a file stays, at least an hour; zero until it is deleted
     */
    public record Settings(Optional<Path> folder, long mostBytes, long mostBytesOfKey, Duration retention) {
        private static final Duration SHORTEST = Duration.ofHours(1);
        public static final Settings DEFAULT = new Settings(Optional.empty(), 10L << 30, 0, Duration.ofDays(30));

        public Settings {
            if (retention.isNegative() || (!retention.isZero() && retention.compareTo(SHORTEST) < 0)) {
                throw new IllegalArgumentException(
                        "--files-retention must be 0 or at least 1h, is %ss; days are written 30d"
                                .formatted(retention.toSeconds()));
            }
        }
    }

    private FileStore(
            Database database, Path folder, Settings settings, InstantSource clock, Supplier<RandomGenerator> random) {
        this.database = database;
        this.folder = folder;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.sweeper = Periodic.start("files-retention", LOOK_FOR_OLD, this::sweep);
    }

    /**
     * Begins to keep files.
     *
     * @param database stays open longer than the store
     * @param random makes ids
     * @return empty if no files are to be kept, or there is no folder for them
     * @throws UncheckedIOException if the folder can't be made
     */
    public static Optional<FileStore> start(
            Database database, Settings settings, InstantSource clock, Supplier<RandomGenerator> random) {
        Optional<Path> folder = settings.folder().or(() -> database.folder().map(beside -> beside.resolve("files")));
        if (folder.isEmpty() || settings.mostBytes() == 0) {
            return Optional.empty();
        }
        try {
            OwnerOnly.createFolder(folder.get());
        } catch (IOException e) {
            throw new UncheckedIOException("the folder for files can't be made: " + folder.get(), e);
        }
        var store = new FileStore(database, folder.get(), settings, clock, random);
        store.sweepOrphans();
        return Optional.of(store);
    }

    /** Where files are listed. */
    public Database database() {
        return database;
    }

    /** The time by which files expire. */
    InstantSource clock() {
        return clock;
    }

    /**
     * Begins to take a caller's contents, within what the caller and all together may have.
     *
     * @param announced how many bytes will come at least; 0 if that is not known
     * @return to be closed by the caller
     * @throws ApiException with {@link Problem.FilesFull} if there is no room now; writing throws it too, and
     *     {@link Problem.BodyTooLarge}
     */
    public Arriving take(String key, long announced) throws IOException {
        Arriving coming = room(key);
        coming.requireRoom(arriving.get() + announced, announced);
        coming.open(newId("file-"), MOST_BYTES_OF_FILE);
        return coming;
    }

    /** Begins to take a part of an upload; else as {@link #take}. */
    Arriving takePart(Upload upload, long announced) throws IOException {
        Arriving coming = room(upload.key());
        coming.requireRoom(arriving.get() + announced, announced);
        coming.open(newId("part_"), MOST_BYTES_OF_PART);
        return coming;
    }

    private Arriving room(String key) {
        record Used(long all, long own) {}
        Used used = database.read(session -> new Used(FileTable.bytes(session), FileTable.bytes(session, key)));
        return new Arriving(key, used.all(), used.own());
    }

    /** Notes an upload that begins. */
    void begin(Upload upload) {
        database.write(session -> {
            UploadTable.insert(session, upload);
            return upload.id();
        });
    }

    /** An upload, whose ever it is. */
    Optional<Upload> upload(String id) {
        return database.read(session -> UploadTable.find(session, id));
    }

    List<Upload.Part> parts(Upload upload) {
        return database.read(session -> UploadTable.parts(session, upload.id()));
    }

    /**
     * Makes a file of parts of an upload.
     *
     * @param md5 that it must have, hexadecimal, if the caller says so
     * @throws ApiException if it is another one, a part is damaged, or the upload has ended meanwhile
     */
    StoredFile complete(Upload upload, List<Upload.Part> parts, Optional<String> md5) throws IOException {
        MessageDigest digest = BlobWriter.digest("MD5");
        StoredFile file;
        try (BlobWriter writer = make()) {
            for (Upload.Part part : parts) {
                try (InputStream in = Channels.newInputStream(channel(part.id(), part.sha256()))) {
                    byte[] step = new byte[STEP_BYTES];
                    for (int read = in.read(step); read >= 0; read = in.read(step)) {
                        digest.update(step, 0, read);
                        writer.write(step, 0, read);
                    }
                }
            }
            if (md5.isPresent() && !md5.get().equalsIgnoreCase(HexFormat.of().formatHex(digest.digest()))) {
                throw ApiException.invalid("md5", "'md5' is not that of the parts together.");
            }
            Optional<Duration> lasts =
                    Optional.of(upload.lasts()).filter(seconds -> seconds > 0).map(Duration::ofSeconds);
            file = file(writer.finish(), upload.key(), upload.name(), upload.purpose(), lasts);
        }
        if (!end(upload, Upload.Status.COMPLETED, Optional.of(file))) {
            remove(file.id());
            throw ended(upload);
        }
        return file;
    }

    /** Cancels an upload; false if it has ended. */
    boolean cancel(Upload upload) {
        return end(upload, Upload.Status.CANCELLED, Optional.empty());
    }

    /** What is told of an upload that is not pending any more. */
    ApiException ended(Upload upload) {
        Upload.Status now = upload(upload.id()).orElse(upload).status(clock.millis());
        return new ApiException(new Problem.UploadEnded(upload.id(), now.word()));
    }

    private boolean end(Upload upload, Upload.Status status, Optional<StoredFile> file) {
        List<Upload.Part> parts = parts(upload);
        boolean ended = database.write(session -> {
            boolean pending = UploadTable.hold(session, upload.id(), clock.millis());
            if (pending) {
                UploadTable.end(
                        session, upload.id(), status, file.map(StoredFile::id).orElse(""));
                if (file.isPresent()) {
                    FileTable.insert(session, file.get());
                }
            }
            return pending;
        });
        if (ended) {
            parts.forEach(part -> remove(part.id()));
        }
        return ended;
    }

    /** Begins to write contents that the server makes: they are never refused. */
    public BlobWriter make() throws IOException {
        return new BlobWriter(newId("file-"), folder, _ -> {});
    }

    /** @param prefix tells what it is the id of */
    String newId(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** Contents that a caller sends. Belongs to one thread. */
    public final class Arriving implements AutoCloseable {
        private final String key;
        private final long usedByAll;
        private final long usedByKey;
        private Optional<BlobWriter> writer = Optional.empty();
        private long most;
        private long taken;

        private Arriving(String key, long usedByAll, long usedByKey) {
            this.key = key;
            this.usedByAll = usedByAll;
            this.usedByKey = usedByKey;
        }

        private void open(String id, long itsMost) throws IOException {
            most = itsMost;
            writer = Optional.of(new BlobWriter(id, folder, this::room));
        }

        /** Where the contents go. */
        public BlobWriter writer() {
            return writer.orElseThrow();
        }

        private void room(long more) {
            taken += more;
            long all = arriving.addAndGet(more);
            if (taken > most) {
                throw new ApiException(new Problem.BodyTooLarge(most));
            }
            requireRoom(all, taken);
        }

        private void requireRoom(long all, long own) {
            if (settings.mostBytesOfKey() > 0 && usedByKey + own > settings.mostBytesOfKey()) {
                throw full("files-bytes-per-key", settings.mostBytesOfKey(), usedByKey);
            }
            if (usedByAll + all > settings.mostBytes()) {
                throw full("files-bytes", settings.mostBytes(), usedByAll);
            }
        }

        /**
         * Makes a file of the contents.
         *
         * @param lasts for how long; empty if the caller does not say
         * @throws ApiException with {@link Problem.FilesFull} if others have taken the room meanwhile
         */
        public StoredFile keep(String name, String purpose, Optional<Duration> lasts) throws IOException {
            Blob blob = writer().finish();
            StoredFile file = file(blob, key, name, purpose, lasts);
            boolean kept = false;
            try {
                database.write(session -> {
                    FileTable.insert(session, file);
                    requireKept(session);
                    return file.id();
                });
                kept = true;
                return file;
            } finally {
                if (!kept) {
                    Files.deleteIfExists(folder.resolve(blob.id()));
                }
            }
        }

        /**
         * Makes a part of an upload of the contents. Throws as {@link #keep}.
         *
         * @return empty if the upload has ended meanwhile
         */
        Optional<Upload.Part> keepPart(Upload upload) throws IOException {
            Blob blob = writer().finish();
            var part = new Upload.Part(blob.id(), upload.id(), key, blob.bytes(), blob.sha256());
            boolean kept = false;
            try {
                kept = database.write(session -> {
                    boolean pending = UploadTable.hold(session, upload.id(), clock.millis());
                    if (pending) {
                        UploadTable.insertPart(session, part);
                        requireKept(session);
                    }
                    return pending;
                });
                return kept ? Optional.of(part) : Optional.empty();
            } finally {
                if (!kept) {
                    Files.deleteIfExists(folder.resolve(blob.id()));
                }
            }
        }

        private void requireKept(Session session) throws SQLException {
            if (FileTable.bytes(session) > settings.mostBytes()) {
                throw full("files-bytes", settings.mostBytes(), usedByAll);
            }
            if (settings.mostBytesOfKey() > 0 && FileTable.bytes(session, key) > settings.mostBytesOfKey()) {
                throw full("files-bytes-per-key", settings.mostBytesOfKey(), usedByKey);
            }
        }

        @Override
        public void close() throws IOException {
            arriving.addAndGet(-taken);
            if (writer.isPresent()) {
                writer.get().close();
            }
        }
    }

    private static ApiException full(String limit, long most, long used) {
        return new ApiException(new Problem.FilesFull(limit, most, used));
    }

    /**
     * What is told of contents.
     *
     * @param lasts for how long; not longer than files stay
     */
    public StoredFile file(Blob blob, String key, String name, String purpose, Optional<Duration> lasts) {
        Instant now = clock.instant();
        Optional<Duration> longest = Optional.of(settings.retention()).filter(Duration::isPositive);
        Optional<Duration> stays = lasts.map(
                        own -> longest.filter(most -> most.compareTo(own) < 0).orElse(own))
                .or(() -> longest);
        return new StoredFile(
                blob.id(),
                key,
                now.toEpochMilli(),
                stays.map(time -> now.plus(time).toEpochMilli()).orElse(0L),
                name,
                purpose,
                blob.bytes(),
                blob.sha256());
    }

    /** Makes a file of contents that the server has made, together with what else is written in the session. */
    public static void insert(Session session, StoredFile file) throws SQLException {
        FileTable.insert(session, file);
    }

    /** Keeps a file from being deleted, until as many holds are given back; false if it is not there any more. */
    public static boolean hold(Session session, String id) throws SQLException {
        return FileTable.hold(session, id, 1);
    }

    /** Gives back a hold. */
    public static void release(Session session, String id) throws SQLException {
        FileTable.hold(session, id, -1);
    }

    /** A file, whose ever it is. */
    public Optional<StoredFile> find(String id) {
        return database.read(session -> FileTable.find(session, id, clock.millis()));
    }

    /** Whether the contents of a file are in this server's folder. */
    public boolean has(String id) {
        return Files.isRegularFile(folder.resolve(id));
    }

    /**
     * A part of a caller's files.
     *
     * @return one more than the page has, if there are more
     * @throws ApiException if the page begins behind a file that is not this caller's
     */
    List<StoredFile> list(String key, PageQuery page, Optional<String> purpose) {
        Optional<StoredFile> after = page.after()
                .map(id -> find(id).filter(file -> file.key().equals(key))
                        .orElseThrow(
                                () -> ApiException.invalid("after", "'after' must be the id of one of your files.")));
        return database.read(session -> FileTable.list(session, key, page, after, purpose, clock.millis()));
    }

    /**
     * Deletes a file that was found.
     *
     * @throws ApiException with {@link Problem.FileInUse} if something needs it
     */
    void delete(StoredFile file) {
        boolean deleted = database.write(session -> FileTable.delete(session, file.id()));
        if (!deleted && find(file.id()).isPresent()) {
            throw new ApiException(new Problem.FileInUse(file.id()));
        }
        remove(file.id());
    }

    /** Deletes a file that nothing needs any more; no matter if there is none. */
    public void deleteIfUnused(String id) {
        if (database.write(session -> FileTable.delete(session, id))) {
            remove(id);
        }
    }

    /**
     * The contents of a file, which were compared with their hash.
     *
     * @return to be closed by the caller
     * @throws ApiException with {@link Problem.FileDamaged} if they are not what they were
     */
    public InputStream open(StoredFile file) throws IOException {
        return Channels.newInputStream(channel(file));
    }

    /** As {@link #open}, to be read at any place. */
    public FileChannel channel(StoredFile file) throws IOException {
        return channel(file.id(), file.sha256());
    }

    private FileChannel channel(String id, String sha256) throws IOException {
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

    /** Removes contents whose file is gone. */
    public void remove(String id) {
        try {
            Files.deleteIfExists(folder.resolve(id));
        } catch (IOException e) {
            LOG.warn("the contents of {} could not be removed, a later start does it", id, e);
        }
    }

    /** Deletes files whose time is over, in small transactions. */
    void sweep() {
        List<String> expired;
        do {
            expired = database.read(session -> FileTable.expired(session, clock.millis(), DELETED_AT_ONCE));
            for (String id : expired) {
                if (database.write(session -> FileTable.delete(session, id))) {
                    remove(id);
                }
            }
        } while (expired.size() == DELETED_AT_ONCE);
        sweepUploads();
    }

    private void sweepUploads() {
        List<String> expired;
        do {
            expired = database.read(session -> UploadTable.expired(session, clock.millis(), DELETED_AT_ONCE));
            for (String id : expired) {
                List<Upload.Part> parts = database.write(session -> {
                    List<Upload.Part> all = UploadTable.parts(session, id);
                    UploadTable.end(session, id, Upload.Status.EXPIRED, "");
                    return all;
                });
                parts.forEach(part -> remove(part.id()));
            }
        } while (expired.size() == DELETED_AT_ONCE);
        long before = clock.instant().minus(ORPHANED).toEpochMilli();
        database.write(session -> UploadTable.forget(session, before));
    }

    /** Removes contents that never got a row, or whose row went without them: a server died in between. */
    private void sweepOrphans() {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path path : entries.toList()) {
                if (isOld(path) && !hasRow(path.getFileName().toString())) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            LOG.warn("the folder for files could not be tidied up: {}", folder, e);
        }
    }

    private boolean isOld(Path path) throws IOException {
        return Files.isRegularFile(path)
                && Files.getLastModifiedTime(path)
                        .toInstant()
                        .isBefore(clock.instant().minus(ORPHANED));
    }

    private boolean hasRow(String name) {
        return database.read(session -> FileTable.exists(session, name));
    }

    @Override
    public void close() {
        sweeper.close();
    }
}
