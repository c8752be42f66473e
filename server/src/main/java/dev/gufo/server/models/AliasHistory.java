package dev.gufo.server.models;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import dev.gufo.server.error.ApiException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What aliases have meant. The last move of each holds until the next one, also over restarts; a settings file that was
 * changed is a move too. Safe for any thread: moves are made one after the other.
 *
 * @param clock tells when a move was
 */
public record AliasHistory(Database database, InstantSource clock) {
    private static final Logger LOG = LoggerFactory.getLogger(AliasHistory.class);
    private static final String COLUMNS = "SELECT time, alias, model, digest, settings, author FROM alias_move ";

    /** Has the aliases mean what they meant last, unless the settings file says something new. */
    void takeUp(ServedModels models) {
        models.aliases().forEach((alias, model) -> {
            Optional<AliasMove> said = last(alias, true);
            if (said.isEmpty()
                    || !said.get().model().equals(model.file().orElseThrow().id())) {
                add(models, model, true, "");
            } else {
                takeUp(models, model, last(alias, false).orElseThrow());
            }
        });
    }

    private static void takeUp(ServedModels models, ServedModel alias, AliasMove last) {
        if (!alias.file().orElseThrow().id().equals(last.model())) {
            try {
                models.move(alias.id(), last.model());
                LOG.info("{} means {}, as since {}", alias.id(), last.model(), last.time());
            } catch (ApiException e) {
                LOG.warn(
                        "{} can't mean {} any more, so it means what the settings file says", alias.id(), last.model());
            }
        }
    }

    /**
     * Has an alias mean another model from now on, and notes it.
     *
     * @param author name of who wants it
     * @throws ApiException if there is no such alias, or no such model
     */
    AliasMove move(ServedModels models, String alias, String model, String author) {
        return add(models, models.move(alias, model), false, author);
    }

    private AliasMove add(ServedModels models, ServedModel alias, boolean settings, String author) {
        var move = new AliasMove(
                clock.instant(),
                alias.id(),
                alias.file().orElseThrow().id(),
                models.digest(alias).orElse(""),
                settings,
                author);
        return database.write(session -> {
            long last = session.first("SELECT MAX(number) FROM alias_move", row -> row.getLong(1))
                    .orElse(0L);
            session.update(
                    "INSERT INTO alias_move (number, time, alias, model, digest, settings, author)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    last + 1,
                    move.time().toEpochMilli(),
                    move.alias(),
                    move.model(),
                    move.digest(),
                    move.settings(),
                    move.author());
            return move;
        });
    }

    private Optional<AliasMove> last(String alias, boolean ofSettings) {
        return database.read(session -> session.first(
                COLUMNS + "WHERE alias = ? AND (settings OR NOT ?) ORDER BY number DESC LIMIT 1",
                AliasHistory::read,
                alias,
                ofSettings));
    }

    /** All moves, the newest first. */
    public List<AliasMove> all() {
        return database.read(AliasHistory::all);
    }

    private static List<AliasMove> all(Session session) throws SQLException {
        return session.list(COLUMNS + "ORDER BY number DESC", AliasHistory::read);
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
