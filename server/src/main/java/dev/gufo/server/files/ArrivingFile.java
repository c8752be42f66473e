package dev.gufo.server.files;

import dev.gufo.server.database.Session;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Contents that a caller sends, within what the caller and all together may have. They have room as they come, and are
 * counted again when they get their row. Belongs to one thread.
 */
public final class ArrivingFile implements AutoCloseable {
    private final FileStore store;
    private final String key;
    private final long usedByAll;
    private final long usedByKey;
    private final AtomicLong arriving; // bytes of all contents that have no row yet
    private Optional<BlobWriter> writer = Optional.empty();
    private long most;
    private long taken;

    /**
     * @param usedByAll bytes of what has a row
     * @param usedByKey likewise, of this caller's
     */
    ArrivingFile(FileStore store, String key, long usedByAll, long usedByKey, AtomicLong arriving) {
        this.store = store;
        this.key = key;
        this.usedByAll = usedByAll;
        this.usedByKey = usedByKey;
        this.arriving = arriving;
    }

    void open(String id, long itsMost) throws IOException {
        most = itsMost;
        writer = Optional.of(store.blobs().write(id, this::room));
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

    /**
     * Refuses what there is no room for.
     *
     * @param all bytes of what arrives, of all callers
     * @param own of these contents
     * @throws ApiException with {@link Problem.FilesFull}
     */
    void requireRoom(long all, long own) {
        FileStore.Settings settings = store.settings();
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
        StoredFile file = store.file(blob, key, name, purpose, lasts);
        boolean kept = false;
        try {
            store.database().write(session -> {
                FileTable.insert(session, file);
                requireKept(session);
                return file.id();
            });
            kept = true;
            return file;
        } finally {
            if (!kept) {
                store.remove(blob.id());
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
            kept = store.database().write(session -> {
                boolean pending =
                        UploadTable.hold(session, upload.id(), store.clock().millis());
                if (pending) {
                    UploadTable.insertPart(session, part);
                    requireKept(session);
                }
                return pending;
            });
            return kept ? Optional.of(part) : Optional.empty();
        } finally {
            if (!kept) {
                store.remove(blob.id());
            }
        }
    }

    private void requireKept(Session session) throws SQLException {
        FileStore.Settings settings = store.settings();
        if (FileTable.bytes(session) > settings.mostBytes()) {
            throw full("files-bytes", settings.mostBytes(), usedByAll);
        }
        if (settings.mostBytesOfKey() > 0 && FileTable.bytes(session, key) > settings.mostBytesOfKey()) {
            throw full("files-bytes-per-key", settings.mostBytesOfKey(), usedByKey);
        }
    }

    private static ApiException full(String limit, long most, long used) {
        return new ApiException(new Problem.FilesFull(limit, most, used));
    }

    @Override
    public void close() throws IOException {
        arriving.addAndGet(-taken);
        if (writer.isPresent()) {
            writer.get().close();
        }
    }
}
