package dev.gufo.server.files;

import dev.gufo.server.database.Session;
import dev.gufo.server.http.PageQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements of files. */
final class FileTable {
    private static final String COLUMNS =
            "SELECT id, key_id, created, expires, name, purpose, bytes, sha256 FROM stored_file ";

    private static final String NOT_EXPIRED = "(expires = 0 OR expires > ?)";

    private FileTable() {}

    static void insert(Session session, StoredFile file) throws SQLException {
        session.update(
                "INSERT INTO stored_file (id, key_id, created, expires, name, purpose, bytes, sha256, holds)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                file.id(),
                file.key(),
                file.created(),
                file.expires(),
                file.name(),
                file.purpose(),
                file.bytes(),
                file.sha256());
    }

    private static StoredFile read(ResultSet row) throws SQLException {
        return new StoredFile(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                row.getString(8));
    }

    /** A file, whose ever it is; one that is needed outlasts its time. */
    static Optional<StoredFile> find(Session session, String id, long now) throws SQLException {
        return session.first(COLUMNS + "WHERE id = ? AND (holds > 0 OR " + NOT_EXPIRED + ")", FileTable::read, id, now);
    }

    /**
     * A part of a caller's files.
     *
     * @param purpose empty for all
     * @param after behind this one
     * @return one more than the page has, if there are more
     */
    static List<StoredFile> list(
            Session session, String key, PageQuery page, Optional<StoredFile> after, Optional<String> purpose, long now)
            throws SQLException {
        var sql = new StringBuilder(COLUMNS).append("WHERE key_id = ? AND ").append(NOT_EXPIRED);
        var values = new ArrayList<Object>(List.of(key, now));
        if (purpose.isPresent()) {
            sql.append(" AND purpose = ?");
            values.add(purpose.get());
        }
        if (after.isPresent()) {
            sql.append(" AND (created, id) ")
                    .append(page.ascending() ? ">" : "<")
                    .append(" (?, ?)");
            values.add(after.get().created());
            values.add(after.get().id());
        }
        String order = page.ascending() ? "ASC" : "DESC";
        sql.append(" ORDER BY created %s, id %s LIMIT ?".formatted(order, order));
        values.add(page.limit() + 1);
        return session.list(sql.toString(), FileTable::read, values.toArray());
    }

    /** Of all files, and of all parts of uploads. */
    static long bytes(Session session) throws SQLException {
        return session.first(
                        "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM stored_file)"
                                + " + (SELECT COALESCE(SUM(bytes), 0) FROM upload_part)",
                        row -> row.getLong(1))
                .orElse(0L);
    }

    /** The same of one caller. */
    static long bytes(Session session, String key) throws SQLException {
        return session.first(
                        "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM stored_file WHERE key_id = ?)"
                                + " + (SELECT COALESCE(SUM(bytes), 0) FROM upload_part WHERE key_id = ?)",
                        row -> row.getLong(1),
                        key,
                        key)
                .orElse(0L);
    }

    /** Deletes a file that nothing needs; false if there is none, or something does. */
    static boolean delete(Session session, String id) throws SQLException {
        return session.update("DELETE FROM stored_file WHERE id = ? AND holds = 0", id) > 0;
    }

    /** Some of those whose time is over and that nothing needs. */
    static List<String> expired(Session session, long now, int most) throws SQLException {
        return session.list(
                "SELECT id FROM stored_file WHERE expires > 0 AND expires <= ? AND holds = 0 ORDER BY expires LIMIT ?",
                row -> row.getString(1),
                now,
                most);
    }

    static boolean exists(Session session, String id) throws SQLException {
        return session.first("SELECT 1 FROM stored_file WHERE id = ?", _ -> true, id)
                .isPresent();
    }

    /** Notes that so many more need a file. */
    static boolean hold(Session session, String id, int more) throws SQLException {
        return session.update("UPDATE stored_file SET holds = holds + ? WHERE id = ?", more, id) > 0;
    }
}
