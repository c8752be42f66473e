package dev.gufo.server.models;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Dialect;
import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * What aliases have meant. The last move of each holds until the next one, also over restarts; a settings file that was
 * changed is a move too. Safe for any thread: moves are written one after the other, whichever server makes them.
 *
 * @param clock tells when a move was
 */
public record AliasHistory(Database database, InstantSource clock) {
    private static final String COLUMNS = "SELECT time, alias, model, digest, settings, author FROM alias_move ";

    /**
     * Notes what a settings file says of an alias, if that is new.
     *
     * @param digest of the alias's file; {@code ""} if it is not known
     * @return what the alias means
     */
    AliasMove begin(ServedModel alias, String digest) {
        AliasMove said = move(alias, digest, true, "");
        return database.write(session -> {
            lock(session);
            boolean known = last(session, alias.id(), true)
                    .filter(last -> last.model().equals(said.model()))
                    .isPresent();
            if (!known) {
                insert(session, said);
            }
            return last(session, alias.id(), false).orElseThrow();
        });
    }

    /**
     * Notes that an alias means another model from now on.
     *
     * @param digest of the model's file; {@code ""} if it is not known
     * @param author name of who wants it
     */
    AliasMove add(ServedModel moved, String digest, String author) {
        AliasMove move = move(moved, digest, false, author);
        return database.write(session -> {
            lock(session);
            insert(session, move);
            return move;
        });
    }

    private AliasMove move(ServedModel alias, String digest, boolean settings, String author) {
        return new AliasMove(
                clock.instant(), alias.id(), alias.file().orElseThrow().id(), digest, settings, author);
    }

    /** Two servers would give their moves the same number. */
    private static void lock(Session session) throws SQLException {
        if (session.dialect() == Dialect.POSTGRESQL) {
            session.update("LOCK TABLE alias_move IN EXCLUSIVE MODE");
        }
    }

    private static void insert(Session session, AliasMove move) throws SQLException {
        session.update(
                "INSERT INTO alias_move (number, time, alias, model, digest, settings, author)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                newest(session) + 1,
                move.time().toEpochMilli(),
                move.alias(),
                move.model(),
                move.digest(),
                move.settings(),
                move.author());
    }

    /** Number of the last move of any alias; 0 if there was none. */
    long newest() {
        return database.read(AliasHistory::newest);
    }

    private static long newest(Session session) throws SQLException {
        return session.first("SELECT MAX(number) FROM alias_move", row -> row.getLong(1))
                .orElse(0L);
    }

    /** The last move of an alias. */
    Optional<AliasMove> last(String alias) {
        return database.read(session -> last(session, alias, false));
    }

    private static Optional<AliasMove> last(Session session, String alias, boolean ofSettings) throws SQLException {
        return session.first(
                COLUMNS + "WHERE alias = ? AND (settings OR NOT ?) ORDER BY number DESC LIMIT 1",
                AliasHistory::read,
                alias,
                ofSettings);
    }

    /** All moves, the newest first. */
    public List<AliasMove> all() {
        return database.read(session -> session.list(COLUMNS + "ORDER BY number DESC", AliasHistory::read));
    }

    private static AliasMove read(ResultSet row) throws SQLException {
        return new AliasMove(
                Instant.ofEpochMilli(row.getLong(1)),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getBoolean(5),
                row.getString(6));
    }
}
