package dev.gufo.server.batches;

import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The statements of batches and their lines. */
final class BatchTable {
    private static final String TIMES = Arrays.stream(BatchStatus.values())
            .flatMap(status -> status.time().stream())
            .collect(Collectors.joining(", "));

    private static final String COLUMNS = "id, key_id, created, expires, endpoint, input_file, lasts, metadata, status,"
            + " model, errors, output_file, error_file, total, done, wrong, undone, input_tokens, cached_tokens, output_tokens,"
            + " reasoning_tokens, " + TIMES;

    /** Callers without a key in the database have their id as a name. */
    private static final String OWNED =
            COLUMNS + ", COALESCE((SELECT name FROM api_key WHERE api_key.id = batch.key_id), key_id) AS key_name";

    private static final String ENDED = Arrays.stream(BatchStatus.values())
            .filter(BatchStatus::ended)
            .map(status -> "'" + status.word() + "'")
            .collect(Collectors.joining(", ", "(", ")"));

    /**
     * What has come of a line.
     *
     * @param number of the line, from 1
     * @param wrong whether it failed
     * @param body JSON without line breaks
     */
    record Result(int number, boolean wrong, String body) {}

    private BatchTable() {}

    static void insert(Session session, Batch batch, long server) throws SQLException {
        String times = batch.times().values().stream().map(time -> ", " + time).collect(Collectors.joining());
        session.update(
                "INSERT INTO batch (server, " + COLUMNS
                        + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', ?, 0, 0, 0, 0, 0, 0, 0" + times + ")",
                server,
                batch.id(),
                batch.key(),
                batch.created(),
                batch.expires(),
                batch.endpoint(),
                batch.inputFile(),
                batch.lasts(),
                batch.metadata(),
                batch.status().word(),
                batch.model(),
                batch.total());
    }

    private static Batch read(ResultSet row) throws SQLException {
        Map<BatchStatus, Long> times = new EnumMap<>(BatchStatus.class);
        for (BatchStatus status : BatchStatus.values()) {
            if (status.time().isPresent()) {
                times.put(status, row.getLong(status.time().get()));
            }
        }
        return new Batch(
                row.getString("id"),
                row.getString("key_id"),
                row.getLong("created"),
                row.getLong("expires"),
                row.getString("endpoint"),
                row.getString("input_file"),
                row.getLong("lasts"),
                row.getString("metadata"),
                BatchStatus.of(row.getString("status")),
                row.getString("model"),
                row.getString("errors"),
                row.getString("output_file"),
                row.getString("error_file"),
                Collections.unmodifiableMap(times),
                row.getInt("total"),
                row.getInt("done"),
                row.getInt("wrong"),
                row.getInt("undone"),
                new LineTokens(
                        row.getLong("input_tokens"),
                        row.getLong("cached_tokens"),
                        row.getLong("output_tokens"),
                        row.getLong("reasoning_tokens")));
    }

    /** A batch, whose ever it is. */
    static Optional<Batch> find(Session session, String id) throws SQLException {
        return session.first("SELECT " + COLUMNS + " FROM batch WHERE id = ?", BatchTable::read, id);
    }

    /**
     * A part of a caller's batches, the newest first; one more than the limit, if there are more.
     *
     * @param prefix of their ids
     * @param after of those that are older than this one the newest
     * @param before of those that are newer than this one the oldest; only one of both
     */
    static List<Batch> list(
            Session session, String key, String prefix, int limit, Optional<Batch> after, Optional<Batch> before)
            throws SQLException {
        var sql = new StringBuilder("SELECT " + COLUMNS + " FROM batch WHERE key_id = ? AND id LIKE ?");
        var values = new ArrayList<Object>(List.of(key, prefix + "%"));
        Optional<Batch> end = after.or(() -> before);
        if (end.isPresent()) {
            sql.append(" AND (created, id) ")
                    .append(before.isPresent() ? ">" : "<")
                    .append(" (?, ?)");
            values.add(end.get().created());
            values.add(end.get().id());
        }
        String order = before.isPresent() ? "ASC" : "DESC";
        values.add(limit + 1);
        List<Batch> found = session.list(
                sql.append(" ORDER BY created %s, id %s LIMIT ?".formatted(order, order))
                        .toString(),
                BatchTable::read,
                values.toArray());
        return before.isPresent() ? found.reversed() : found;
    }

    /** A batch with the name of its key. */
    static Optional<AdminBatches.Owned> owned(Session session, String id) throws SQLException {
        return session.first("SELECT " + OWNED + " FROM batch WHERE id = ?", BatchTable::readOwned, id);
    }

    /**
     * A part of everyone's batches, the newest first; one more than the limit, if there are more.
     *
     * @param statuses those that count, at least one
     * @param after of those that are older than this one the newest
     */
    static List<AdminBatches.Owned> all(Session session, List<BatchStatus> statuses, int limit, Optional<Batch> after)
            throws SQLException {
        String words =
                statuses.stream().map(status -> "'" + status.word() + "'").collect(Collectors.joining(", "));
        var values = new ArrayList<Object>();
        after.ifPresent(end -> values.addAll(List.of(end.created(), end.id())));
        values.add(limit + 1);
        return session.list(
                "SELECT " + OWNED + " FROM batch WHERE status IN (" + words + ")"
                        + (after.isPresent() ? " AND (created, id) < (?, ?)" : "")
                        + " ORDER BY created DESC, id DESC LIMIT ?",
                BatchTable::readOwned,
                values.toArray());
    }

    private static AdminBatches.Owned readOwned(ResultSet row) throws SQLException {
        return new AdminBatches.Owned(read(row), row.getString("key_name"));
    }

    /** Batches that this server works at, or those whose servers have died; of both those that have not ended. */
    static List<Batch> unfinished(Session session, long server, boolean own) throws SQLException {
        return session.list(
                "SELECT " + COLUMNS + " FROM batch WHERE status NOT IN " + ENDED + " AND "
                        + (own
                                ? "server = ?"
                                : "server <> ? AND server NOT IN (SELECT id FROM server_run WHERE NOT ended)")
                        + " ORDER BY created",
                BatchTable::read,
                server);
    }

    /** Whether the batch is this server's from now on; not if another one was faster. */
    static boolean take(Session session, String id, long server) throws SQLException {
        return session.update(
                        "UPDATE batch SET server = ? WHERE id = ? AND server <> ? AND server NOT IN"
                                + " (SELECT id FROM server_run WHERE NOT ended) AND status NOT IN " + ENDED,
                        server,
                        id,
                        server)
                > 0;
    }

    /** Whether it is this server that works at a batch; from then on until the commit it stays so. */
    static boolean hold(Session session, String id, long server) throws SQLException {
        return session.update(
                        "UPDATE batch SET server = ? WHERE id = ? AND server = ? AND status NOT IN " + ENDED,
                        server,
                        id,
                        server)
                > 0;
    }

    /** Brings a batch from one status to another; false if it is in neither. */
    static boolean move(Session session, String id, BatchStatus from, BatchStatus to, long now) throws SQLException {
        return session.update(
                        "UPDATE batch SET status = ?, %s = ? WHERE id = ? AND status = ?"
                                .formatted(to.time().orElseThrow()),
                        to.word(),
                        now,
                        id,
                        from.word())
                > 0;
    }

    /** Notes what validation has found out. */
    static void describe(Session session, String id, String model, int total) throws SQLException {
        session.update("UPDATE batch SET model = ?, total = ? WHERE id = ?", model, total, id);
    }

    /** Notes why a batch failed. */
    static void fail(Session session, String id, String errors) throws SQLException {
        session.update("UPDATE batch SET errors = ? WHERE id = ?", errors, id);
    }

    /** Notes what has come of a line; false if that was known. */
    static boolean add(Session session, String id, Result result, LineTokens used) throws SQLException {
        boolean known = session.first(
                        "SELECT 1 FROM batch_line WHERE batch = ? AND line = ?", _ -> true, id, result.number())
                .isPresent();
        if (!known) {
            session.update(
                    "INSERT INTO batch_line (batch, line, wrong, body) VALUES (?, ?, ?, ?)",
                    id,
                    result.number(),
                    result.wrong(),
                    result.body());
            session.update(
                    "UPDATE batch SET done = done + ?, wrong = wrong + ?, input_tokens = input_tokens + ?, cached_tokens"
                            + " = cached_tokens + ?, output_tokens = output_tokens + ?, reasoning_tokens ="
                            + " reasoning_tokens + ? WHERE id = ?",
                    result.wrong() ? 0 : 1,
                    result.wrong() ? 1 : 0,
                    used.input(),
                    used.cached(),
                    used.output(),
                    used.reasoning(),
                    id);
        }
        return !known;
    }

    /** Notes that so many further lines failed without being run. */
    static void addUndone(Session session, String id, int lines) throws SQLException {
        session.update("UPDATE batch SET undone = undone + ? WHERE id = ?", lines, id);
    }

    /** Notes that a server or a model's process died while a line ran. */
    static void addDeath(Session session, String id, int line) throws SQLException {
        int known = session.update("UPDATE batch_death SET deaths = deaths + 1 WHERE batch = ? AND line = ?", id, line);
        if (known == 0) {
            session.update("INSERT INTO batch_death (batch, line, deaths) VALUES (?, ?, 1)", id, line);
        }
    }

    /** How many died while a line ran, by its number; only where some did. */
    static Map<Integer, Integer> deaths(Session session, String id) throws SQLException {
        return session
                .list(
                        "SELECT line, deaths FROM batch_death WHERE batch = ?",
                        row -> Map.entry(row.getInt(1), row.getInt(2)),
                        id)
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** The numbers of the lines that are done. */
    static List<Integer> lines(Session session, String id) throws SQLException {
        return session.list("SELECT line FROM batch_line WHERE batch = ?", row -> row.getInt(1), id);
    }

    /** Some of the lines of one kind behind a number, in order. */
    static List<Result> results(Session session, String id, boolean wrong, int after, int most) throws SQLException {
        return session.list(
                "SELECT line, wrong, body FROM batch_line WHERE batch = ? AND wrong = ? AND line > ? ORDER BY line LIMIT ?",
                row -> new Result(row.getInt(1), row.getBoolean(2), row.getString(3)),
                id,
                wrong,
                after,
                most);
    }

    /** Puts a batch's files in the place of its lines. */
    static void finish(Session session, String id, String outputFile, String errorFile) throws SQLException {
        session.update("UPDATE batch SET output_file = ?, error_file = ? WHERE id = ?", outputFile, errorFile, id);
        session.update("DELETE FROM batch_line WHERE batch = ?", id);
        session.update("DELETE FROM batch_death WHERE batch = ?", id);
    }

    /** Deletes a batch that has ended; false if it has not. */
    static boolean delete(Session session, String id) throws SQLException {
        return session.update("DELETE FROM batch WHERE id = ? AND status IN " + ENDED, id) > 0;
    }

    /** Deletes batches that have ended and are older. */
    static int deleteOlder(Session session, long time) throws SQLException {
        return session.update("DELETE FROM batch WHERE created < ? AND status IN " + ENDED, time);
    }
}
