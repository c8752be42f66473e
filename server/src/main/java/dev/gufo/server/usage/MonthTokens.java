package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Collectors;

/** What the ledger knows of the tokens that each stored key used in a month, UTC: of requests that have ended. */
public final class MonthTokens {
    private static final String SUMS = "SELECT key_id, SUM(prompt_tokens + completion_tokens) FROM ledger"
            + " WHERE time >= ? AND time < ? AND status <> 'open' AND key_id IN (SELECT id FROM api_key) GROUP BY key_id";

    private record Sum(String key, long tokens) {}

    private MonthTokens() {}

    /**
     * Adds up.
     *
     * @return by the key's id
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public static Map<String, Long> byKey(Database database, YearMonth month) {
        return database
                .read(session -> session.list(
                        SUMS,
                        row -> new Sum(row.getString(1), row.getLong(2)),
                        begin(month).toEpochMilli(),
                        begin(month.plusMonths(1)).toEpochMilli()))
                .stream()
                .collect(Collectors.toMap(Sum::key, Sum::tokens));
    }

    private static Instant begin(YearMonth month) {
        return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }
}
