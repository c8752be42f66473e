package dev.gufo.server.responses;

import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements of stored responses. Whatever is read is the caller's own, but for what administrators see. */
final class ResponseTable {
    private static final String CHAIN = """
            WITH RECURSIVE chain(id, previous, depth) AS (
                SELECT id, previous, 0 FROM response WHERE id = ? AND key_id = ?
                UNION ALL
                SELECT r.id, r.previous, c.depth + 1 FROM response r JOIN chain c ON r.id = c.previous WHERE r.key_id = ? AND c.depth < ?)
            """;

    /** Callers without a key in the database have their id as a name. Model and status stand before the output. */
    private static final String ROWS =
            "SELECT id, key_id, COALESCE((SELECT name FROM api_key WHERE api_key.id = response.key_id), key_id) AS key_name,"
                    + " time, bytes, EXISTS (SELECT 1 FROM response_job WHERE response_job.id = response.id) AS unfinished,"
                    + " SUBSTR(body, 1, 4096) AS beginning FROM response";

    /** @param bytes of all items, or as many as were asked for and some */
    record History(boolean complete, long bytes, List<String> items) {}

    private ResponseTable() {}

    static void insert(Session session, StoredResponse response) throws SQLException {
        session.update(
                "INSERT INTO response (id, key_id, time, previous, bytes, body) VALUES (?, ?, ?, ?, ?, ?)",
                response.id(),
                response.key(),
                response.time(),
                response.previous().orElse(""),
                response.bytes(),
                response.body());
        var rows = new ArrayList<Object[]>();
        response.input().forEach(item -> rows.add(row(response, rows.size(), true, item)));
        response.output().forEach(item -> rows.add(row(response, rows.size(), false, item)));
        session.updateAll(
                "INSERT INTO response_item (response, position, key_id, id, input, body) VALUES (?, ?, ?, ?, ?, ?)",
                rows);
    }

    private static Object[] row(StoredResponse response, int position, boolean input, StoredResponse.Item item) {
        return new Object[] {response.id(), position, response.key(), item.id(), input, item.body()};
    }

    static Optional<String> body(Session session, String id, String key) throws SQLException {
        return session.first("SELECT body FROM response WHERE id = ? AND key_id = ?", row -> row.getString(1), id, key);
    }

    static Optional<String> item(Session session, String id, String key) throws SQLException {
        return session.first(
                "SELECT body FROM response_item WHERE id = ? AND key_id = ?", row -> row.getString(1), id, key);
    }

    static List<StoredResponse.Item> input(Session session, String id, String key) throws SQLException {
        return session.list(
                "SELECT id, body FROM response_item WHERE response = ? AND key_id = ? AND input = ? ORDER BY position",
                row -> new StoredResponse.Item(row.getString(1), row.getString(2)),
                id,
                key,
                true);
    }

    /**
     * The input and output of a response and of all that it goes on with, oldest first.
     *
     * @param mostBytes no items are read if they have more
     * @return empty if there is no such response
     */
    static Optional<History> history(Session session, String id, String key, int mostResponses, long mostBytes)
            throws SQLException {
        List<String> previous = session.list(
                CHAIN + "SELECT previous FROM chain ORDER BY depth",
                row -> row.getString(1),
                id,
                key,
                key,
                mostResponses);
        if (previous.isEmpty()) {
            return Optional.empty();
        }
        boolean complete = previous.getLast().isEmpty();
        long bytes = session.first(
                        CHAIN + "SELECT COALESCE(SUM(r.bytes), 0) FROM chain c JOIN response r ON r.id = c.id",
                        row -> row.getLong(1),
                        id,
                        key,
                        key,
                        mostResponses)
                .orElse(0L);
        List<String> items = !complete || bytes > mostBytes
                ? List.of()
                : session.list(CHAIN + """
                                SELECT i.body FROM chain c JOIN response_item i ON i.response = c.id
                                ORDER BY c.depth DESC, i.position""", row -> row.getString(1), id, key, key, mostResponses);
        return Optional.of(new History(complete, bytes, items));
    }

    /** A response, whose ever it is, without what it says. */
    static Optional<AdminResponses.Row> row(Session session, String id) throws SQLException {
        return session.first(ROWS + " WHERE id = ?", ResponseTable::row, id);
    }

    /**
     * A part of everyone's responses, the newest first; one more than the limit, if there are more.
     *
     * @param unfinished only those that are still to be made
     * @param after of those that are older than this one the newest
     */
    static List<AdminResponses.Row> all(
            Session session, boolean unfinished, int limit, Optional<AdminResponses.Row> after) throws SQLException {
        var conditions = new ArrayList<String>();
        var values = new ArrayList<Object>();
        if (unfinished) {
            conditions.add("id IN (SELECT id FROM response_job)");
        }
        if (after.isPresent()) {
            conditions.add("(time, id) < (?, ?)");
            values.addAll(List.of(after.get().time(), after.get().id()));
        }
        values.add(limit + 1);
        String where = conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
        return session.list(
                ROWS + where + " ORDER BY time DESC, id DESC LIMIT ?", ResponseTable::row, values.toArray());
    }

    private static AdminResponses.Row row(ResultSet row) throws SQLException {
        return new AdminResponses.Row(
                row.getString("id"),
                row.getString("key_id"),
                row.getString("key_name"),
                row.getLong("time"),
                row.getLong("bytes"),
                row.getBoolean("unfinished"),
                row.getString("beginning"));
    }

    /** How much is kept. */
    static AdminResponses.Totals totals(Session session) throws SQLException {
        return new AdminResponses.Totals(
                count(session, "response"),
                bytes(session),
                count(session, "conversation"),
                ConversationTable.bytes(session),
                count(session, "response_job"));
    }

    private static long count(Session session, String table) throws SQLException {
        return session.first("SELECT COUNT(*) FROM " + table, row -> row.getLong(1))
                .orElse(0L);
    }

    static boolean delete(Session session, String id, String key) throws SQLException {
        boolean there = session.update("DELETE FROM response WHERE id = ? AND key_id = ?", id, key) > 0;
        if (there) {
            deleteParts(session, List.<Object[]>of(new Object[] {id}));
        }
        return there;
    }

    /** Deletes some of those that are older; returns how many. */
    static int deleteOlder(Session session, long time, int most) throws SQLException {
        return delete(
                session,
                session.list(
                        "SELECT id FROM response WHERE time < ? ORDER BY time LIMIT ?",
                        row -> row.getString(1),
                        time,
                        most));
    }

    /** Deletes some of the oldest; returns how many. */
    static int deleteOldest(Session session, int most) throws SQLException {
        return delete(
                session, session.list("SELECT id FROM response ORDER BY time LIMIT ?", row -> row.getString(1), most));
    }

    static long bytes(Session session) throws SQLException {
        return session.first("SELECT COALESCE(SUM(bytes), 0) FROM response", row -> row.getLong(1))
                .orElse(0L);
    }

    /** When the oldest one came; empty if there are none. */
    static Optional<Long> oldest(Session session) throws SQLException {
        return session.first("SELECT time FROM response ORDER BY time LIMIT 1", row -> row.getLong(1));
    }

    private static int delete(Session session, List<String> ids) throws SQLException {
        List<Object[]> rows = ids.stream().map(id -> new Object[] {id}).toList();
        deleteParts(session, rows);
        session.updateAll("DELETE FROM response WHERE id = ?", rows);
        return ids.size();
    }

    /** @param ids of responses, one in each row */
    private static void deleteParts(Session session, List<Object[]> ids) throws SQLException {
        session.updateAll("DELETE FROM response_item WHERE response = ?", ids);
        session.updateAll("DELETE FROM response_event WHERE response = ?", ids);
        session.updateAll("DELETE FROM response_job WHERE id = ?", ids);
    }
}
