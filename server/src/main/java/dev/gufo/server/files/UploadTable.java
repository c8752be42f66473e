package dev.gufo.server.files;

import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The statements of files that come in parts. */
final class UploadTable {
    private static final String PENDING = Upload.Status.PENDING.word();

    private UploadTable() {}

    static void insert(Session session, Upload upload) throws SQLException {
        session.update(
                "INSERT INTO upload (id, key_id, created, expires, name, purpose, bytes, lasts, status, file)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                upload.id(),
                upload.key(),
                upload.created(),
                upload.expires(),
                upload.name(),
                upload.purpose(),
                upload.bytes(),
                upload.lasts(),
                upload.status().word(),
                upload.file());
    }

    /** An upload, whose ever it is. */
    static Optional<Upload> find(Session session, String id) throws SQLException {
        return session.first(
                "SELECT id, key_id, created, expires, name, purpose, bytes, lasts, status, file FROM upload WHERE id = ?",
                UploadTable::read,
                id);
    }

    private static Upload read(ResultSet row) throws SQLException {
        return new Upload(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                row.getLong(8),
                Upload.Status.of(row.getString(9)),
                row.getString(10));
    }

    /** Whether an upload is still pending; from then on until the commit it stays so. */
    static boolean hold(Session session, String id, long now) throws SQLException {
        return session.update(
                        "UPDATE upload SET status = ? WHERE id = ? AND status = ? AND expires > ?",
                        PENDING,
                        id,
                        PENDING,
                        now)
                > 0;
    }

    /** Ends an upload that was pending. */
    static void end(Session session, String id, Upload.Status status, String file) throws SQLException {
        session.update("UPDATE upload SET status = ?, file = ? WHERE id = ?", status.word(), file, id);
        session.update("DELETE FROM upload_part WHERE upload = ?", id);
    }

    static void insertPart(Session session, Upload.Part part) throws SQLException {
        session.update(
                "INSERT INTO upload_part (id, upload, key_id, bytes, sha256) VALUES (?, ?, ?, ?, ?)",
                part.id(),
                part.upload(),
                part.key(),
                part.bytes(),
                part.sha256());
    }

    static List<Upload.Part> parts(Session session, String upload) throws SQLException {
        return session.list(
                "SELECT id, upload, key_id, bytes, sha256 FROM upload_part WHERE upload = ?",
                row -> new Upload.Part(
                        row.getString(1), row.getString(2), row.getString(3), row.getLong(4), row.getString(5)),
                upload);
    }

    /** Some of those that were not completed in their time. */
    static List<String> expired(Session session, long now, int most) throws SQLException {
        return session.list(
                "SELECT id FROM upload WHERE status = ? AND expires <= ? ORDER BY expires LIMIT ?",
                row -> row.getString(1),
                PENDING,
                now,
                most);
    }

    /** Forgets uploads that have ended, and whose time was over before. */
    static int forget(Session session, long before) throws SQLException {
        return session.update("DELETE FROM upload WHERE status <> ? AND expires < ?", PENDING, before);
    }
}
