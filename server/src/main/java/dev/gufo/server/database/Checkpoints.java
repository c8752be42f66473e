package dev.gufo.server.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.gufo.server.threads.Periodic;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies SQLite's write-ahead log into the database from a thread of its own, so that commits don't have to: the copy
 * ends with waiting for the disk. A commit does it only when the log has grown to {@link #LOG_PAGES} all the same; then
 * little is left to copy, and the log begins anew. {@link #written} may be called on any thread.
 */
final class Checkpoints implements AutoCloseable {
    /** 64 MiB. */
    static final int LOG_PAGES = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final HikariDataSource source;
    private final AtomicBoolean written = new AtomicBoolean();
    private final Periodic copying;

    /** @param source whose connections may do it; not closed with this */
    Checkpoints(HikariDataSource source) {
        this.source = source;
        this.copying = Periodic.start("checkpoints", PAUSE, this::copy);
    }

    /** Something was committed. */
    void written() {
        written.set(true);
    }

    private void copy() {
        if (!written.getAndSet(false)) {
            return;
        }
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(PASSIVE)"); // waits for no one, and no one for it
        } catch (SQLException e) {
            LOG.debug("the write-ahead log was not copied, a commit will do it", e);
        }
    }

    /** Waits for a copy that is under way. */
    @Override
    public void close() {
        copying.close();
    }
}
