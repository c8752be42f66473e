package dev.gufo.server.responses;

import dev.gufo.server.database.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements of conversations. Whatever is read or changed is the caller's own. */
final class ConversationTable {
    /**
     * A conversation without its items.
     *
     * @param created epoch milliseconds
     * @param metadata JSON
     */
    record Kept(String id, long created, long bytes, String metadata) {}

    private ConversationTable() {}

    static void insert(Session session, Kept conversation, String key) throws SQLException {
        session.update(
                "INSERT INTO conversation (id, key_id, created, time, bytes, metadata) VALUES (?, ?, ?, ?, 0, ?)",
                conversation.id(),
                key,
                conversation.created(),
                conversation.created(),
                conversation.metadata());
    }

    static Optional<Kept> find(Session session, String id, String key) throws SQLException {
        return session.first(
                "SELECT created, bytes, metadata FROM conversation WHERE id = ? AND key_id = ?",
                row -> new Kept(id, row.getLong(1), row.getLong(2), row.getString(3)),
                id,
                key);
    }

    static boolean describe(Session session, String id, String key, long time, String metadata) throws SQLException {
        return session.update(
                        "UPDATE conversation SET time = ?, metadata = ? WHERE id = ? AND key_id = ?",
                        time,
                        metadata,
                        id,
                        key)
                > 0;
    }

    /**
     * Appends items; others that do so at the same time wait.
     *
     * @return false if there is no such conversation any more
     */
    static boolean append(Session session, String id, String key, long time, List<StoredResponse.Item> items)
            throws SQLException {
        long bytes = items.stream().mapToLong(item -> item.body().length()).sum();
        if (!touch(session, id, key, time, bytes)) {
            return false;
        }
        long next = session.first(
                        "SELECT COALESCE(MAX(position), -1) + 1 FROM conversation_item WHERE conversation = ?",
                        row -> row.getLong(1),
                        id)
                .orElse(0L);
        var rows = new ArrayList<Object[]>();
        for (StoredResponse.Item item : items) {
            rows.add(new Object[] {id, next + rows.size(), item.id(), item.body()});
        }
        session.updateAll("INSERT INTO conversation_item (conversation, position, id, body) VALUES (?, ?, ?, ?)", rows);
        return true;
    }

    /** Holds the row until the commit. */
    private static boolean touch(Session session, String id, String key, long time, long more) throws SQLException {
        return session.update(
                        "UPDATE conversation SET time = ?, bytes = bytes + ? WHERE id = ? AND key_id = ?",
                        time,
                        more,
                        id,
                        key)
                > 0;
    }

    /** All items, oldest first; of a conversation that was {@link #find found}. */
    static List<StoredResponse.Item> items(Session session, String id) throws SQLException {
        return session.list(
                "SELECT id, body FROM conversation_item WHERE conversation = ? ORDER BY position",
                row -> new StoredResponse.Item(row.getString(1), row.getString(2)),
                id);
    }

    static Optional<String> item(Session session, String id, String item) throws SQLException {
        return session.first(
                "SELECT body FROM conversation_item WHERE conversation = ? AND id = ? ORDER BY position",
                row -> row.getString(1),
                id,
                item);
    }

    static boolean deleteItem(Session session, String id, String key, long time, String item) throws SQLException {
        long bytes = session.first(
                        "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM conversation_item WHERE conversation = ? AND id = ?",
                        row -> row.getLong(1),
                        id,
                        item)
                .orElse(0L);
        return bytes > 0
                && touch(session, id, key, time, -bytes)
                && session.update("DELETE FROM conversation_item WHERE conversation = ? AND id = ?", id, item) > 0;
    }

    static boolean delete(Session session, String id, String key) throws SQLException {
        boolean there = session.update("DELETE FROM conversation WHERE id = ? AND key_id = ?", id, key) > 0;
        if (there) {
            session.update("DELETE FROM conversation_item WHERE conversation = ?", id);
        }
        return there;
    }

    /** Deletes some of those whose last change is older; returns how many. */
    static int deleteOlder(Session session, long time, int most) throws SQLException {
        List<Object[]> ids = session.list(
                "SELECT id FROM conversation WHERE time < ? ORDER BY time LIMIT ?",
                row -> new Object[] {row.getString(1)},
                time,
                most);
        session.updateAll("DELETE FROM conversation_item WHERE conversation = ?", ids);
        session.updateAll("DELETE FROM conversation WHERE id = ?", ids);
        return ids.size();
    }

    static long bytes(Session session) throws SQLException {
        return session.first("SELECT COALESCE(SUM(bytes), 0) FROM conversation", row -> row.getLong(1))
                .orElse(0L);
    }

    /** When the one that was longest without a change had its last; empty if there are none. */
    static Optional<Long> oldest(Session session) throws SQLException {
        return session.first("SELECT time FROM conversation ORDER BY time LIMIT 1", row -> row.getLong(1));
    }
}
