package dev.gufo.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import dev.gufo.server.secrets.Masked;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Connections to SQLite or PostgreSQL, with the schema brought up to date when it is opened. Safe for any thread.
 *
 * <p>SQLite lets one connection write at a time and many read beside it (write-ahead log). So here there is one
 * connection for writing, for which the threads of this process queue up in Java instead of polling the file's lock,
 * and a few for reading, opened when needed. Another process, such as {@code gufo keys}, may write too: then the lock
 * is waited for. A write is a transaction from its first statement on ({@code BEGIN IMMEDIATE}), because one that first
 * reads could not be completed if somebody else wrote in between. A commit survives the end of the process, however it
 * ends; after a power failure the last few may be missing, but nothing is torn ({@code synchronous=NORMAL}).
 *
 * <p>On PostgreSQL both kinds come from one pool, and writes run side by side.
 */
public final class Database implements AutoCloseable {
    /** The file in the data folder. */
    public static final String FILE = "gufo.db";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int READERS = 4;
    private static final int POSTGRESQL_CONNECTIONS = 8;

    private final Dialect dialect;
    private final HikariDataSource readers;
    private final HikariDataSource writers;
    private final Optional<Checkpoints> checkpoints; // SQLite's
    private final Optional<OpenedFile> file; // SQLite's

    /** What is done with a session; an exception rolls it back. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Session session) throws SQLException;
    }

    private Database(Dialect dialect, HikariDataSource readers, HikariDataSource writers, Optional<OpenedFile> file) {
        this.file = file;
        this.dialect = dialect;
        this.readers = readers;
        this.writers = writers;
        this.checkpoints = dialect == Dialect.SQLITE ? Optional.of(new Checkpoints(readers)) : Optional.empty();
    }

    /**
     * Opens what the operator chose.
     *
     * @param url {@code jdbc:postgresql:…}, or {@code ""} for SQLite in {@code dataDir}
     * @param dataDir an existing folder
     * @throws DatabaseException if it can't be opened, or is of a newer version than this program
     */
    public static Database open(String url, Path dataDir) {
        return url.isEmpty() ? openSqlite(dataDir.resolve(FILE)) : openPostgresql(url);
    }

    /**
     * Opens a SQLite file, which is made if it does not exist, readable for its owner only.
     *
     * @throws DatabaseException see {@link #open}
     */
    public static Database openSqlite(Path file) {
        createFor(file);
        String url = "jdbc:sqlite:" + file.toAbsolutePath();
        HikariConfig write = sqlite(url, "sqlite-writer", 1);
        HikariConfig read = sqlite(url, "sqlite-reader", READERS);
        // One connection at first: most programs never need a second one.
        read.setMinimumIdle(0);
        var schema = new Schema(Dialect.SQLITE, file.resolveSibling(FILE + ".lock"));
        return start(read, write, schema, Optional.of(OpenedFile.of(file)), "the database " + file);
    }

    /**
     * Connects to a PostgreSQL server.
     *
     * @param url {@code jdbc:postgresql://host:port/database?user=…&password=…}
     * @throws DatabaseException see {@link #open}
     */
    public static Database openPostgresql(String url) {
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new DatabaseException("--database-url must be jdbc:postgresql://HOST:PORT/NAME");
        }
        HikariConfig config = pool(url, "postgresql", POSTGRESQL_CONNECTIONS);
        config.setMinimumIdle(1);
        config.addDataSourceProperty("ApplicationName", "gufo");
        var schema = new Schema(Dialect.POSTGRESQL, null);
        return start(config, config, schema, Optional.empty(), "the PostgreSQL database of --database-url");
    }

    /** Which database this is. */
    public Dialect dialect() {
        return dialect;
    }

    /** The folder that the database lies in; empty if it is on a server. */
    public Optional<Path> folder() {
        return file.map(OpenedFile::path).map(Path::toAbsolutePath).map(Path::getParent);
    }

    /** Whether the file was removed or replaced since it was opened. Then every read and write fails. */
    public boolean wasReplaced() {
        return file.isPresent() && !file.get().isThere();
    }

    /**
     * Reads.
     *
     * @throws DatabaseException if the database or the work fails
     */
    public <T> T read(Work<T> work) {
        return run(readers, dialect.reading(), work);
    }

    /**
     * Writes, in a transaction that is committed when the work returns. On SQLite one at a time.
     *
     * @throws DatabaseException if the database or the work fails; then nothing of it was written
     */
    public <T> T write(Work<T> work) {
        T result = run(writers, dialect.writing(), work);
        checkpoints.ifPresent(Checkpoints::written);
        return result;
    }

    /** Closes all connections, those in use too. */
    @Override
    public void close() {
        checkpoints.ifPresent(Checkpoints::close);
        readers.close();
        writers.close();
    }

    private <T> T run(HikariDataSource source, Transactions transactions, Work<T> work) {
        file.ifPresent(OpenedFile::requireThere); // a few microseconds, where a commit takes many more
        try (Connection connection = source.getConnection()) {
            transactions.begin(connection);
            try {
                T result = work.run(new Session(connection, dialect));
                transactions.commit(connection);
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                rollBack(transactions, connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw new DatabaseException("the database failed: " + Masked.message(e), e);
        }
    }

    private static void rollBack(Transactions transactions, Connection connection, Throwable cause) {
        try {
            transactions.rollBack(connection);
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** @param name what it is called in errors */
    private static Database start(
            HikariConfig read, HikariConfig write, Schema schema, Optional<OpenedFile> file, String name) {
        HikariDataSource writers = connect(write, name);
        try {
            schema.bringUpToDate(writers);
            Dialect dialect = schema.dialect();
            return new Database(dialect, dialect == Dialect.SQLITE ? connect(read, name) : writers, writers, file);
        } catch (DatabaseException e) {
            writers.close();
            throw e;
        }
    }

    /** Every failure quotes the URL, or may: no cause goes on that would be printed with it. */
    private static HikariDataSource connect(HikariConfig config, String name) {
        try {
            return new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw new DatabaseException("%s can't be opened: %s".formatted(name, reason(e)));
        } catch (RuntimeException e) {
            throw new DatabaseException("%s can't be opened: %s".formatted(name, Masked.message(e)));
        }
    }

    /** What the driver says, and what it was told by the system if that says more. */
    private static String reason(PoolInitializationException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (cause.getCause() instanceof UnknownHostException unknown) {
            String host = String.valueOf(unknown.getMessage());
            return "there is no host "
                    + host.substring(host.lastIndexOf('@') + 1); // someone may have put a user before it
        }
        return Masked.message(cause);
    }

    private static HikariConfig sqlite(String url, String name, int connections) {
        HikariConfig config = pool(url, name, connections);
        config.addDataSourceProperty("journal_mode", "WAL");
        config.addDataSourceProperty("synchronous", "NORMAL");
        config.addDataSourceProperty("foreign_keys", "true");
        config.addDataSourceProperty("busy_timeout", Long.toString(PATIENCE.toMillis()));
        config.setConnectionInitSql("PRAGMA wal_autocheckpoint=" + Checkpoints.LOG_PAGES);
        config.setMaxLifetime(0); // a file does not hang up
        return config;
    }

    private static HikariConfig pool(String url, String name, int connections) {
        var config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setPoolName(name);
        config.setMaximumPoolSize(connections);
        config.setConnectionTimeout(PATIENCE.toMillis());
        return config;
    }

    /** The file holds hashes of keys and who used what: not for the eyes of other users of the machine. */
    private static void createFor(Path file) {
        try {
            Files.createFile(file, OwnerOnly.file());
        } catch (FileAlreadyExistsException _) {
            // made by an earlier start
        } catch (IOException e) {
            throw new DatabaseException("the database %s can't be made".formatted(file), e);
        }
    }
}
