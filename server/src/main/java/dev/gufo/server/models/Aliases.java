package dev.gufo.server.models;

import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.threads.Periodic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this server's aliases mean: what the last move of each says, whichever server on the database made it. Safe for
 * any thread. A thread of its own looks for moves of other servers, if there are aliases.
 */
public final class Aliases implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Aliases.class);

    /** How long a move of another server may stay unseen. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final ServedModels models;
    private final AliasHistory history;
    private final Optional<Periodic> thread;

    // Behind this object's monitor, which is held while a move is written and while one is taken over: both in order.
    private long seen; // number of the last move that was taken over
    private boolean lost; // the database did not answer the last time

    private Aliases(ServedModels models, AliasHistory history) {
        this.models = models;
        this.history = history;
        this.seen = history.newest();
        Map<String, ServedModel> aliases = models.aliases();
        aliases.values().forEach(alias -> follow(alias, history.begin(alias, digest(alias))));
        this.thread = aliases.isEmpty() ? Optional.empty() : Optional.of(Periodic.start("aliases", LOOK, this::look));
    }

    /**
     * Has the aliases mean what they meant last, unless the settings file says something new, and follows the moves of
     * other servers until this is closed.
     *
     * @throws DatabaseException if the database fails
     */
    public static Aliases start(ServedModels models, AliasHistory history) {
        return new Aliases(models, history);
    }

    /**
     * Has an alias mean another model from now on, and notes it.
     *
     * @param author name of who wants it
     * @throws ApiException if there is no such alias, or no such model
     * @throws DatabaseException if it can't be noted; then nothing is moved
     */
    synchronized AliasMove move(String alias, String model, String author) {
        ServedModel moved = models.moved(alias, model);
        AliasMove move = history.add(moved, digest(moved), author);
        models.put(moved);
        return move;
    }

    /** All moves, the newest first. */
    List<AliasMove> moves() {
        return history.all();
    }

    private String digest(ServedModel alias) {
        return models.digest(alias).orElse("");
    }

    private synchronized void look() {
        try {
            long newest = history.newest();
            if (newest != seen) {
                models.aliases()
                        .values()
                        .forEach(alias -> history.last(alias.id()).ifPresent(move -> follow(alias, move)));
                seen = newest;
            }
            lost = false;
        } catch (DatabaseException e) {
            if (!lost) {
                LOG.warn("moves of aliases are seen when the database answers: {}", e.getMessage());
            }
            lost = true;
        }
    }

    private void follow(ServedModel alias, AliasMove move) {
        String means = alias.file().orElseThrow().id();
        if (!means.equals(move.model())) {
            try {
                models.put(models.moved(alias.id(), move.model()));
                LOG.info("{} means {}, as since {}", alias.id(), move.model(), move.time());
            } catch (ApiException e) {
                LOG.warn("{} should mean {}, which is not here; it means {}", alias.id(), move.model(), means);
            }
        }
    }

    @Override
    public void close() {
        thread.ifPresent(Periodic::close);
    }
}
