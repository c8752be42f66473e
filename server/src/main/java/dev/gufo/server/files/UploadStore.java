package dev.gufo.server.files;

import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Files of callers that come in parts. Each part lies beside the files until they become one. Safe for any thread. */
final class UploadStore {
    /** What OpenAI takes. */
    static final long MOST_BYTES_OF_PART = 64L << 20;

    private final FileStore files;

    /** @param files where parts and files are kept */
    UploadStore(FileStore files) {
        this.files = files;
    }

    private Database database() {
        return files.database();
    }

    /** The time by which uploads expire. */
    InstantSource clock() {
        return files.clock();
    }

    String newId() {
        return files.newId("upload_");
    }

    /** Begins to take a part of an upload; else as {@link FileStore#take}. */
    ArrivingFile take(Upload upload, long announced) throws IOException {
        return files.take(upload.key(), files.newId("part_"), announced, MOST_BYTES_OF_PART);
    }

    /** Notes an upload that begins. */
    void begin(Upload upload) {
        database().write(session -> {
            UploadTable.insert(session, upload);
            return upload.id();
        });
    }

    /** An upload, whose ever it is. */
    Optional<Upload> find(String id) {
        return database().read(session -> UploadTable.find(session, id));
    }

    List<Upload.Part> parts(Upload upload) {
        return database().read(session -> UploadTable.parts(session, upload.id()));
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
        try (BlobWriter writer = files.make()) {
            for (Upload.Part part : parts) {
                try (InputStream in = Channels.newInputStream(files.blobs().channel(part.id(), part.sha256()))) {
                    byte[] step = new byte[BlobFolder.STEP_BYTES];
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
            file = files.file(writer.finish(), upload.key(), upload.name(), upload.purpose(), lasts);
        }
        if (!end(upload, Upload.Status.COMPLETED, Optional.of(file))) {
            files.remove(file.id());
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
        Upload.Status now = find(upload.id()).orElse(upload).status(clock().millis());
        return new ApiException(new Problem.UploadEnded(upload.id(), now.word()));
    }

    private boolean end(Upload upload, Upload.Status status, Optional<StoredFile> file) {
        List<Upload.Part> parts = parts(upload);
        boolean ended = database().write(session -> {
            boolean pending = UploadTable.hold(session, upload.id(), clock().millis());
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
            parts.forEach(part -> files.remove(part.id()));
        }
        return ended;
    }

    /** Ends uploads whose time is over, in small transactions, and forgets those that ended long ago. */
    void sweep() {
        List<String> expired;
        do {
            expired = database()
                    .read(session -> UploadTable.expired(session, clock().millis(), FileStore.DELETED_AT_ONCE));
            for (String id : expired) {
                List<Upload.Part> parts = database().write(session -> {
                    List<Upload.Part> all = UploadTable.parts(session, id);
                    UploadTable.end(session, id, Upload.Status.EXPIRED, "");
                    return all;
                });
                parts.forEach(part -> files.remove(part.id()));
            }
        } while (expired.size() == FileStore.DELETED_AT_ONCE);
        long before = clock().instant().minus(FileStore.ORPHANED).toEpochMilli();
        database().write(session -> UploadTable.forget(session, before));
    }
}
