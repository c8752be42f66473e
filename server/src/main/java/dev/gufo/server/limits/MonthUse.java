package dev.gufo.server.limits;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.threads.Periodic;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that each key has used in a month, kept in the database so that a budget survives a restart. Additions are
 * written together, at most {@link #DELAY} later. Safe for any thread.
 */
final class MonthUse implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MonthUse.class);
    private static final Duration DELAY = Duration.ofSeconds(1);
    private static final String ADD = "INSERT INTO key_month (key_id, month, tokens) VALUES (?, ?, ?)"
            + " ON CONFLICT (key_id, month) DO UPDATE SET tokens = key_month.tokens + excluded.tokens";

    private final Database database;
    private final Map<Month, Long> pending = new ConcurrentHashMap<>();
    private final Lock writing = new ReentrantLock();
    private final Periodic writer;

    private record Month(String key, YearMonth month) {}

    MonthUse(Database database) {
        this.database = database;
        this.writer = Periodic.start("month-use", DELAY, this::write);
    }

    /** What was used so far, what is not written yet included. */
    long tokens(String key, YearMonth month) {
        writing.lock(); // else what is being written would be counted twice or not at all
        try {
            return stored(key, month) + pending.getOrDefault(new Month(key, month), 0L);
        } finally {
            writing.unlock();
        }
    }

    /** Adds what was used. */
    void add(String key, YearMonth month, long tokens) {
        if (tokens != 0) {
            pending.merge(new Month(key, month), tokens, Long::sum);
        }
    }

    /** Makes what was used at least this much. */
    void raise(String key, YearMonth month, long tokens) {
        add(key, month, Math.max(0, tokens - tokens(key, month)));
    }

    /** Writes what is not written yet. */
    @Override
    public void close() {
        writer.close();
        write();
    }

    private void write() {
        writing.lock();
        try {
            Map<Month, Long> batch = Map.copyOf(pending);
            if (batch.isEmpty()) {
                return;
            }
            // In one order, so that two servers on one database can't wait for each other.
            List<Object[]> rows = batch.entrySet().stream()
                    .map(entry -> new Object[] {
                        entry.getKey().key(), entry.getKey().month().toString(), entry.getValue()
                    })
                    .sorted((a, b) -> (a[0] + " " + a[1]).compareTo(b[0] + " " + b[1]))
                    .toList();
            database.write(session -> session.updateAll(ADD, rows));
            batch.forEach((month, tokens) ->
                    pending.computeIfPresent(month, (_, now) -> now.equals(tokens) ? null : now - tokens));
        } catch (DatabaseException e) {
            LOG.warn("the use of this month could not be written and is kept for later: {}", e.getMessage());
        } finally {
            writing.unlock();
        }
    }

    private long stored(String key, YearMonth month) {
        return database.read(session -> session.first(
                        "SELECT tokens FROM key_month WHERE key_id = ? AND month = ?",
                        row -> row.getLong(1),
                        key,
                        month.toString()))
                .orElse(0L);
    }
}
