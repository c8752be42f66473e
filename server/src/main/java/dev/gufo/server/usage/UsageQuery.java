package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A question to the ledger.
 *
 * @param start the first moment that counts; requests count when they arrived
 * @param end the first moment that does not
 * @param keyId only this key's requests; {@code ""} are those without a key, empty are everyone's
 * @param groups what rows are told apart by, in this order; none of them adds everything up
 */
public record UsageQuery(Instant start, Instant end, Optional<String> keyId, List<Group> groups) {
    private static final String SUMS = """
            COUNT(*), SUM(CASE WHEN status = 'open' THEN 1 ELSE 0 END), SUM(CASE WHEN status = 'completed' THEN 1 ELSE 0 END),
            SUM(prompt_tokens), SUM(cached_tokens), SUM(completion_tokens), SUM(reasoning_tokens),
            SUM(queue_ms), SUM(prefill_ms), SUM(decode_ms)""";

    /** What requests may be told apart by. */
    public enum Group {
        /** The day on which it arrived, in UTC. */
        DAY("day", "time / 86400000"),
        /** The key's id, with the name that it had last. */
        KEY("key", "key_id, MAX(key_name)"),
        /** The model's id. */
        MODEL("model", "model"),
        /** The path of the route. */
        ENDPOINT("endpoint", "endpoint");

        private final String word;
        private final String columns;

        Group(String word, String columns) {
            this.word = word;
            this.columns = columns;
        }

        /** As users write it. */
        public String word() {
            return word;
        }

        /** The group of this word, if there is one. */
        public static Optional<Group> of(String word) {
            return java.util.Arrays.stream(values())
                    .filter(group -> group.word.equals(word))
                    .findFirst();
        }

        private String column() {
            return this == KEY ? "key_id" : columns;
        }
    }

    public UsageQuery {
        Objects.requireNonNull(keyId);
        groups = groups.stream().distinct().toList();
        if (!start.isBefore(end)) {
            throw new IllegalArgumentException("the start, %s, is not before the end, %s".formatted(start, end));
        }
    }

    /**
     * Asks; all numbers are of one moment, so the total is the sum of the rows.
     *
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public UsageReport run(Database database) {
        return new UsageReport(this, database.read(this::rows));
    }

    private List<UsageReport.Row> rows(Session session) throws SQLException {
        String columns = groups.stream().map(group -> group.columns + ", ").collect(Collectors.joining());
        String grouping = groups.stream().map(Group::column).collect(Collectors.joining(", "));
        String sql = "SELECT " + columns + SUMS + " FROM ledger WHERE time >= ? AND time < ?"
                + (keyId.isPresent() ? " AND key_id = ?" : "")
                + (groups.isEmpty() ? " HAVING COUNT(*) > 0" : " GROUP BY " + grouping + " ORDER BY " + grouping);
        var values = new ArrayList<Object>(List.of(start.toEpochMilli(), end.toEpochMilli()));
        keyId.ifPresent(values::add);
        return session.list(sql, this::row, values.toArray());
    }

    private UsageReport.Row row(ResultSet row) throws SQLException {
        var names = new UsageReport.Names("", "", "", "", "");
        int column = 1;
        for (Group group : groups) {
            String value = row.getString(column);
            names = switch (group) {
                case DAY -> names.day(LocalDate.ofEpochDay(row.getLong(column)).toString());
                case KEY -> names.key(value, row.getString(++column));
                case MODEL -> names.model(value);
                case ENDPOINT -> names.endpoint(value);
            };
            column++;
        }
        return new UsageReport.Row(
                names,
                new UsageReport.Sums(
                        row.getLong(column),
                        row.getLong(column + 1),
                        row.getLong(column + 2),
                        row.getLong(column + 3),
                        row.getLong(column + 4),
                        row.getLong(column + 5),
                        row.getLong(column + 6),
                        row.getLong(column + 7),
                        row.getLong(column + 8),
                        row.getLong(column + 9)));
    }
}
