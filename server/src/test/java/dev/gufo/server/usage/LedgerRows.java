package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import java.util.List;

/** The ledger's rows as they are in the database. */
record LedgerRows(Database database) {
    /** What a test looks at of a row. */
    record Row(
            long server,
            long number,
            String requestId,
            String status,
            String finishReason,
            long prompt,
            long cached,
            long completion) {}

    List<Row> all() {
        return database.read(session -> session.list(
                "SELECT server, number, request_id, status, finish_reason, prompt_tokens, cached_tokens, completion_tokens"
                        + " FROM ledger ORDER BY request_id",
                row -> new Row(
                        row.getLong(1),
                        row.getLong(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getLong(6),
                        row.getLong(7),
                        row.getLong(8))));
    }

    /** The only row of a request. */
    Row of(String requestId) {
        List<Row> rows =
                all().stream().filter(row -> row.requestId().equals(requestId)).toList();
        if (rows.size() != 1) {
            throw new AssertionError("%d rows of %s".formatted(rows.size(), requestId));
        }
        return rows.getFirst();
    }
}
