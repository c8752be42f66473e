package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the wall clock may say what is too old. A clock that is ahead, as after a battery's end or before the network
 * has set it, would have the whole ledger deleted. So a time that lies far beyond what was believed last is believed
 * only when the clock has run evenly from there for a day; a clock that is put right meanwhile is believed at once.
 * What was believed last is in the database, since the rows themselves tell the time of the clock that is in question.
 *
 * <p>The writer's thread alone.
 */
final class BelievedClock {
    /** As long as a server may have been off without any doubt. */
    static final Duration NO_DOUBT = Duration.ofDays(7);

    /** How long a clock in doubt has to run evenly. */
    static final Duration PROOF = Duration.ofDays(1);

    /** What a clock may gain or lose between two looks without having been set. */
    private static final Duration DRIFT = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(BelievedClock.class);

    private static final String LAST = "SELECT believed FROM ledger_clock WHERE id = 1";
    private static final String NEWEST_ROW = "SELECT MAX(time) FROM ledger";
    private static final String KEEP = """
            INSERT INTO ledger_clock (id, believed) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET believed =
                CASE WHEN excluded.believed > ledger_clock.believed THEN excluded.believed ELSE ledger_clock.believed END""";

    private Instant believed;
    private Optional<Look> doubt = Optional.empty(); // since when the clock runs evenly, while it is in doubt
    private Look last;

    /** What the wall clock and {@link System#nanoTime} showed at the same moment. */
    private record Look(Instant wall, long nanos) {
        Duration since(Look before) {
            return Duration.ofNanos(nanos - before.nanos);
        }

        boolean isEvenWith(Look before) {
            return Duration.between(before.wall.plus(since(before)), wall).abs().compareTo(DRIFT) <= 0;
        }
    }

    /** @param believed what was believed last */
    BelievedClock(Instant believed, Instant now, long nanos) {
        this.believed = believed;
        this.last = new Look(now, nanos);
    }

    /**
     * Goes on from what the database knows; in an older one that is its newest row, and in an empty one there is
     * nothing to lose.
     *
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    static BelievedClock of(Database database, Instant now, long nanos) {
        Optional<Long> known = database.read(session -> {
            Optional<Long> kept = session.first(LAST, row -> row.getLong(1));
            return kept.isPresent()
                    ? kept
                    : session
                            .list(NEWEST_ROW, row -> {
                                long newest = row.getLong(1);
                                return row.wasNull() ? now.toEpochMilli() : newest;
                            })
                            .stream()
                            .findFirst();
        });
        return new BelievedClock(known.map(Instant::ofEpochMilli).orElse(now), now, nanos);
    }

    /**
     * Looks at the clock.
     *
     * @param nanos {@link System#nanoTime}
     * @return now, if that can be believed
     */
    Optional<Instant> look(Instant now, long nanos) {
        var look = new Look(now, nanos);
        boolean even = look.isEvenWith(last);
        last = look;
        boolean near = now.compareTo(believed.plus(NO_DOUBT)) <= 0;
        if (near || (even && doubt.isPresent() && look.since(doubt.get()).compareTo(PROOF) >= 0)) {
            if (doubt.isPresent()) {
                LOG.info("the clock is believed again: it is {}", now);
                doubt = Optional.empty();
            }
            if (now.isAfter(believed)) {
                believed = now;
            }
            return Optional.of(now);
        }
        if (doubt.isEmpty()) {
            LOG.warn(
                    "the clock says {}, which is {} days after it was believed last: nothing of the ledger is deleted"
                            + " until it has run evenly for {} hours, or was set",
                    now,
                    Duration.between(believed, now).toDays(),
                    PROOF.toHours());
        }
        if (doubt.isEmpty() || !even) {
            doubt = Optional.of(look);
        }
        return Optional.empty();
    }

    /** Keeps what is believed for the next start. */
    void keep(Session session) throws SQLException {
        session.update(KEEP, believed.toEpochMilli());
    }
}
