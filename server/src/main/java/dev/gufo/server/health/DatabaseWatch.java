package dev.gufo.server.health;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.health.Part.State;
import dev.gufo.server.threads.Periodic;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the database something small every two seconds, and how much room its disk has, on a thread of its own: a
 * database that does not answer delays no question for the state. Any thread reads it.
 */
final class DatabaseWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseWatch.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** Longer than a question takes that is going to be answered or to fail. */
    private static final Duration SILENCE = Duration.ofSeconds(15);

    private static final long MIB = 1L << 20;
    /** The write-ahead log alone may grow to 64 MiB. */
    private static final long LOW_BYTES = 512 * MIB;

    private static final long NO_ROOM_BYTES = 32 * MIB;

    private final Database database;
    private final Periodic watching;
    private volatile Seen seen;

    /** What was found when somebody last looked. */
    private record Seen(boolean answers, OptionalLong freeBytes, long nanos) {}

    private DatabaseWatch(Database database) {
        this.database = database;
        this.seen = new Seen(true, free(), System.nanoTime()); // it has just been opened
        this.watching = Periodic.start("database-watch", PAUSE, this::look);
    }

    static DatabaseWatch start(Database database) {
        return new DatabaseWatch(database);
    }

    private void look() {
        boolean answers = answers();
        if (answers != seen.answers()) {
            LOG.warn("the database {}", answers ? "answers again" : "does not answer");
        }
        seen = new Seen(answers, free(), System.nanoTime());
    }

    private boolean answers() {
        try {
            return database.read(session -> session.first("SELECT COUNT(*) FROM server_run", row -> row.getLong(1)))
                    .isPresent();
        } catch (DatabaseException e) {
            LOG.debug("the database does not answer", e);
            return false;
        }
    }

    private OptionalLong free() {
        try {
            return database.folder().isPresent()
                    ? OptionalLong.of(
                            Files.getFileStore(database.folder().get()).getUsableSpace())
                    : OptionalLong.empty();
        } catch (IOException e) {
            LOG.debug("the room on the disk of the database is not known", e);
            return OptionalLong.empty();
        }
    }

    Part database() {
        Duration silent = Duration.ofNanos(System.nanoTime() - seen.nanos());
        Optional<String> trouble;
        if (database.wasReplaced()) {
            trouble = Optional.of("the database's file was removed or replaced while the server runs");
        } else if (silent.compareTo(SILENCE) > 0) {
            trouble = Optional.of("the database has not answered for %d s".formatted(silent.toSeconds()));
        } else if (!seen.answers()) {
            trouble = Optional.of("the database does not answer, the server's log says why");
        } else {
            trouble = Optional.empty();
        }
        return trouble.map(reason -> Part.failing("database", reason)).orElseGet(() -> Part.ok("database"));
    }

    /** Of the data folder, if the database is in it. */
    Part disk() {
        OptionalLong free = seen.freeBytes();
        if (free.isEmpty()) {
            return Part.off("disk");
        }
        long bytes = free.getAsLong();
        State state = bytes < NO_ROOM_BYTES ? State.FAILING : bytes < LOW_BYTES ? State.DEGRADED : State.OK;
        String reason = state == State.OK ? "" : "the disk of the data folder has %d MiB left".formatted(bytes / MIB);
        return new Part("disk", state, reason, Map.of("free_bytes", bytes));
    }

    @Override
    public void close() {
        watching.close();
    }
}
