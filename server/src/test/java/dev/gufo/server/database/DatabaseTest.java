package dev.gufo.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DatabaseTest {
    private static final String ADD = "INSERT INTO key_month (key_id, month, tokens) VALUES (?, ?, ?)"
            + " ON CONFLICT (key_id, month) DO UPDATE SET tokens = key_month.tokens + excluded.tokens";

    @TempDir
    private Path folder;

    @Test
    void whatWasWrittenIsThereAfterOpeningAgainOnSqlite() {
        try (Database database = Database.open("", folder)) {
            behavesAsPromised(database);
        }
        try (Database database = Database.open("", folder)) {
            assertThat(tokens(database, "a")).isEqualTo(43);
        }
    }

    @Test
    void theSameSqlRunsOnPostgresql() throws Exception {
        assumeThat(PostgresqlServer.installed()).isPresent();
        try (PostgresqlServer server = PostgresqlServer.start()) {
            try (Database database = Database.open(server.url(), folder)) {
                behavesAsPromised(database);
                assertThat(database.dialect()).isEqualTo(Dialect.POSTGRESQL);
            }
            try (Database database = Database.open(server.url(), folder)) {
                assertThat(tokens(database, "a")).isEqualTo(43);
                addConcurrently(database, database);
            }
        }
    }

    @Test
    void twoProgramsMayWriteTheSameFile() throws Exception {
        try (Database one = Database.open("", folder);
                Database other = Database.open("", folder)) {
            addConcurrently(one, other);
        }
    }

    @Test
    void programsThatStartTogetherDoNotMigrateTwice() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var opened = new ArrayList<Future<Database>>();
            for (int i = 0; i < 3; i++) {
                opened.add(threads.submit(() -> Database.open("", folder)));
            }
            for (Future<Database> database : opened) {
                database.get().close();
            }
        }
    }

    @Test
    void theListedVersionsAreThoseOfTheMigrations() {
        Database.open("", folder).close();
        var config = new HikariConfig();
        config.setJdbcUrl("jdbc:sqlite:" + folder.resolve(Database.FILE));
        try (var source = new HikariDataSource(config)) {
            var all = new Schema(Dialect.SQLITE, null)
                    .flyway(source)
                    .load()
                    .info()
                    .all();
            assertThat(Arrays.stream(all)
                            .map(info -> Integer.valueOf(info.getVersion().getVersion())))
                    .isEqualTo(Schema.VERSIONS);
        }
    }

    @Test
    void aDatabaseOfANewerProgramIsRefused() {
        try (Database database = Database.open("", folder)) {
            database.write(session -> session.update(
                    "INSERT INTO flyway_schema_history SELECT installed_rank + 1000, '1000', description, type, script,"
                            + " checksum, installed_by, installed_on, execution_time, success FROM flyway_schema_history"
                            + " WHERE version = '1'"));
        }
        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> Database.open("", folder))
                .withMessageContaining("newer");
    }

    @Test
    void onlyTheOwnerMayReadTheFile() throws IOException {
        Database.open("", folder).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(Database.FILE))))
                .isEqualTo("rw-------");
    }

    @Test
    void whatCannotBeOpenedIsSaid() throws IOException {
        Files.writeString(folder.resolve(Database.FILE), "this is no database, only a text that is long enough");
        assertThatExceptionOfType(DatabaseException.class).isThrownBy(() -> Database.open("", folder));
        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> Database.open("", folder.resolve("missing")));
        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> Database.open("jdbc:mysql://127.0.0.1/x", folder));
    }

    private static void behavesAsPromised(Database database) {
        database.write(session -> session.update(ADD, "a", "2026-01", 1));
        database.write(session ->
                session.updateAll(ADD, List.of(new Object[] {"a", "2026-01", 42}, new Object[] {"b", "2026-01", 7})));
        assertThat(tokens(database, "a")).isEqualTo(43);
        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> database.write(session -> {
                    session.update(ADD, "a", "2026-01", 100);
                    return session.update("INSERT INTO key_month (key_id) VALUES (?)", "c");
                }));
        assertThat(tokens(database, "a")).as("rolled back").isEqualTo(43);
        assertThat(tokens(database, "' OR ''='")).isZero();
    }

    private static void addConcurrently(Database one, Database other) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 100; i++) {
                Database database = i % 2 == 0 ? one : other;
                all.add(threads.submit(() -> database.write(session -> session.update(ADD, "many", "2026-01", 1))));
            }
            for (Future<?> write : all) {
                write.get();
            }
        }
        assertThat(tokens(one, "many")).isEqualTo(100);
    }

    private static long tokens(Database database, String key) {
        return database.read(session ->
                        session.first("SELECT tokens FROM key_month WHERE key_id = ?", row -> row.getLong(1), key))
                .orElse(0L);
    }
}
