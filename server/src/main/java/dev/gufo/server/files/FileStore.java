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
import java.nio.file.Path;
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

/**
 * Files of callers. Contents lie in a folder, each under its file's id and complete; what else is known of a file is a
 * row. Contents come before their row and go after it, so a row without contents is damage, and contents without a row
 * are swept up. Safe for any thread.
 */
public final class FileStore implements AutoCloseable {
    /** What OpenAI takes. */
    public static final long MOST_BYTES_OF_FILE = 512L << 20;

    private static final Duration LOOK_FOR_OLD = Duration.ofMinutes(1);
    static final int DELETED_AT_ONCE = 100;

    /** Contents without a row that are younger may still get one, from any server that has this folder. */
    static final Duration ORPHANED = Duration.ofDays(1);

    private final Database database;
    private final BlobFolder blobs;
    private final Settings settings;
    private final InstantSource clock;
    private final Supplier<RandomGenerator> random;
    private final AtomicLong arriving = new AtomicLong(); // bytes of contents that have no row yet
    private final UploadStore uploads;
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
            Database database,
            BlobFolder blobs,
            Settings settings,
            InstantSource clock,
            Supplier<RandomGenerator> random) {
        this.database = database;
        this.blobs = blobs;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.uploads = new UploadStore(this);
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
        var store = new FileStore(database, new BlobFolder(folder.get()), settings, clock, random);
        store.sweepOrphans();
        return Optional.of(store);
    }

    /** Where files are listed. */
    public Database database() {
        return database;
    }

    /** Files that come in parts. */
    UploadStore uploads() {
        return uploads;
    }

    /** Where the contents lie. */
    BlobFolder blobs() {
        return blobs;
    }

    Settings settings() {
        return settings;
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
    public ArrivingFile take(String key, long announced) throws IOException {
        return take(key, newId("file-"), announced, MOST_BYTES_OF_FILE);
    }

    /** The same under an id, and of at most so many bytes. */
    ArrivingFile take(String key, String id, long announced, long most) throws IOException {
        record Used(long all, long own) {}
        Used used = database.read(session -> new Used(FileTable.bytes(session), FileTable.bytes(session, key)));
        var coming = new ArrivingFile(this, key, used.all(), used.own(), arriving);
        coming.requireRoom(arriving.get() + announced, announced);
        coming.open(id, most);
        return coming;
    }

    /** Begins to write contents that the server makes: they are never refused. */
    public BlobWriter make() throws IOException {
        return blobs.write(newId("file-"), _ -> {});
    }

    /** @param prefix tells what it is the id of */
    String newId(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
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
        return blobs.has(id);
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
        return blobs.channel(file.id(), file.sha256());
    }

    /** Removes contents whose file is gone. */
    public void remove(String id) {
        blobs.remove(id);
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
        uploads.sweep();
    }

    /** Removes contents that never got a row, or whose row went without them: a server died in between. */
    private void sweepOrphans() {
        blobs.sweep(clock.instant().minus(ORPHANED), id -> database.read(session -> FileTable.exists(session, id)));
    }

    @Override
    public void close() {
        sweeper.close();
    }
}
