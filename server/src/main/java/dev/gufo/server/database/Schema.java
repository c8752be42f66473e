package dev.gufo.server.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.gufo.server.secrets.Masked;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * The tables, brought up to date by Flyway from {@code db/migration}. Flyway itself takes a good part of a second, so a
 * database whose history ends with the newest version is left alone without asking it.
 *
 * @param dialect which database
 * @param lockFile held while migrating a database that has no lock for it; null for one that has
 */
record Schema(Dialect dialect, @Nullable Path lockFile) {
    /** The versions of the files in {@code db/migration}, ascending. */
    static final List<Integer> VERSIONS = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);

    private static final String LOCATION = "classpath:db/migration";
    private static final String HISTORY = "flyway_schema_history";
    /** A file's lock is one of the whole process, and a second one of the same process is an error. */
    private static final Lock MIGRATING = new ReentrantLock();

    /** @throws DatabaseException if a migration fails, or the database is newer than this program */
    void bringUpToDate(HikariDataSource source) {
        int newest = VERSIONS.getLast();
        int present = version(source);
        if (present < newest) {
            migrate(source);
            present = version(source);
        }
        if (present > newest) {
            throw new DatabaseException("the database is of version %d, this Gufo knows up to %d: start the newer Gufo"
                    .formatted(present, newest));
        }
    }

    private void migrate(HikariDataSource source) {
        MIGRATING.lock();
        // Flyway's PostgreSQL support locks in the database. On SQLite two programs that start at once would both
        // migrate.
        try (FileChannel channel = lockFile == null
                        ? null
                        : FileChannel.open(
                                lockFile,
                                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                                OwnerOnly.file());
                FileLock _ = channel == null ? null : channel.lock()) {
            flyway(source).load().migrate();
        } catch (FlywayException e) {
            throw new DatabaseException("the database can't be brought up to date: " + Masked.message(e), e);
        } catch (IOException e) {
            throw new DatabaseException("%s can't be locked".formatted(lockFile), e);
        } finally {
            MIGRATING.unlock();
        }
    }

    /** Flyway, set up for this program's migrations. */
    FluentConfiguration flyway(HikariDataSource source) {
        return Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source)
                .locations(LOCATION)
                .placeholders(dialect.placeholders());
    }

    /** The version that the history ends with; 0 for an empty database, and for one that needs Flyway's judgement. */
    private static int version(HikariDataSource source) {
        try (Connection connection = source.getConnection()) {
            try (ResultSet table = connection.getMetaData().getTables(null, null, HISTORY, new String[] {"TABLE"})) {
                if (!table.next()) {
                    return 0;
                }
            }
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT COALESCE(MAX(CAST(version AS INTEGER)), 0),"
                            + " COALESCE(MIN(CASE WHEN success THEN 1 ELSE 0 END), 0) FROM " + HISTORY)) {
                row.next();
                return row.getInt(2) == 1 ? row.getInt(1) : 0;
            }
        } catch (SQLException e) {
            throw new DatabaseException("the database can't be read: " + Masked.message(e), e);
        }
    }
}
