package dev.gufo.server.responses;

import dev.gufo.server.database.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements of responses in the background, and of their events. */
final class JobTable {
    private static final String INSERT_EVENTS =
            "INSERT INTO response_event (response, first, last, body) VALUES (?, ?, ?, ?)";

    /**
     * What is to be computed.
     *
     * @param id of the response
     * @param key id of the caller
     * @param time when it came
     * @param request JSON
     */
    record Job(String id, String key, long time, String request) {}

    /**
     * Events that were made in one go.
     *
     * @param first number of the first one
     * @param body as it is sent
     */
    record Bundle(long first, long last, String body) {}

    private JobTable() {}

    static void insert(Session session, Job job, long server, Bundle events) throws SQLException {
        session.update(
                "INSERT INTO response_job (id, key_id, server, time, request) VALUES (?, ?, ?, ?, ?)",
                job.id(),
                job.key(),
                server,
                job.time(),
                job.request());
        append(session, job.id(), events);
    }

    static void append(Session session, String id, Bundle events) throws SQLException {
        session.update(INSERT_EVENTS, id, events.first(), events.last(), events.body());
    }

    /** Jobs that this server does, or those whose servers have died. */
    static List<Job> jobs(Session session, long server, boolean own) throws SQLException {
        return session.list(
                "SELECT id, key_id, time, request FROM response_job WHERE "
                        + (own
                                ? "server = ?"
                                : "server <> ? AND server NOT IN (SELECT id FROM server_run WHERE NOT ended)"),
                row -> new Job(row.getString(1), row.getString(2), row.getLong(3), row.getString(4)),
                server);
    }

    /** Whether the job is this server's from now on; not if another one was faster. */
    static boolean take(Session session, String id, long server) throws SQLException {
        return session.update(
                        "UPDATE response_job SET server = ? WHERE id = ? AND server <> ?"
                                + " AND server NOT IN (SELECT id FROM server_run WHERE NOT ended)",
                        server,
                        id,
                        server)
                > 0;
    }

    /**
     * Notes that a further server begins with a job that it holds.
     *
     * @return how many have begun by now and did not stop in good order
     */
    static int begin(Session session, String id) throws SQLException {
        session.update("UPDATE response_job SET servers = servers + 1 WHERE id = ?", id);
        return session.first("SELECT servers FROM response_job WHERE id = ?", row -> row.getInt(1), id)
                .orElse(0);
    }

    /** Notes that this server stops in good order, so that the job is not to blame. */
    static void leave(Session session, String id, long server) throws SQLException {
        session.update("UPDATE response_job SET servers = servers - 1 WHERE id = ? AND server = ?", id, server);
    }

    /** Whether the response is still to be computed, by anyone. */
    static boolean exists(Session session, String id) throws SQLException {
        return session.first("SELECT 1 FROM response_job WHERE id = ?", _ -> true, id)
                .isPresent();
    }

    /** Whether it is this server that computes it; from then on until the commit it stays so. */
    static boolean hold(Session session, String id, long server) throws SQLException {
        return session.update("UPDATE response_job SET server = ? WHERE id = ? AND server = ?", server, id, server) > 0;
    }

    /** Removes a job, because its response has ended; false if it was gone already. */
    static boolean end(Session session, String id) throws SQLException {
        return session.update("DELETE FROM response_job WHERE id = ?", id) > 0;
    }

    /** The number of the next event. */
    static long next(Session session, String id) throws SQLException {
        return session.first(
                        "SELECT COALESCE(MAX(last), -1) + 1 FROM response_event WHERE response = ?",
                        row -> row.getLong(1),
                        id)
                .orElse(0L);
    }

    /** Some of the events behind a number, in order. */
    static List<Bundle> events(Session session, String id, long after, int mostBundles) throws SQLException {
        return session.list(
                "SELECT first, last, body FROM response_event WHERE response = ? AND last > ? ORDER BY first LIMIT ?",
                row -> new Bundle(row.getLong(1), row.getLong(2), row.getString(3)),
                id,
                after,
                mostBundles);
    }

    /** Puts another body in the place of a response's. */
    static void update(Session session, String id, String body) throws SQLException {
        session.update("UPDATE response SET body = ? WHERE id = ?", body, id);
    }

    /** Puts the end of a response in its place. */
    static void finish(Session session, String id, String key, String body, List<StoredResponse.Item> output)
            throws SQLException {
        update(session, id, body);
        int position = session.first(
                        "SELECT COALESCE(MAX(position), -1) + 1 FROM response_item WHERE response = ?",
                        row -> row.getInt(1),
                        id)
                .orElse(0);
        var rows = new ArrayList<Object[]>();
        long bytes = body.length();
        for (StoredResponse.Item item : output) {
            rows.add(new Object[] {id, position + rows.size(), key, item.id(), false, item.body()});
            bytes += item.body().length();
        }
        session.updateAll(
                "INSERT INTO response_item (response, position, key_id, id, input, body) VALUES (?, ?, ?, ?, ?, ?)",
                rows);
        session.update(
                "UPDATE response SET bytes = bytes + ? + (SELECT COALESCE(SUM(LENGTH(body)), 0) FROM response_event"
                        + " WHERE response = ?) WHERE id = ?",
                bytes,
                id,
                id);
    }

    /** The JSON of a response, whose ever it is. */
    static Optional<String> body(Session session, String id) throws SQLException {
        return session.first("SELECT body FROM response WHERE id = ?", row -> row.getString(1), id);
    }
}
