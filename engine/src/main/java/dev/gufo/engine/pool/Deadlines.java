package dev.gufo.engine.pool;

import dev.gufo.engine.pool.Resident.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is due because time has passed, and when to look again. Guarded by the pool's lock. */
final class Deadlines {
    /** Where nothing is due at all. */
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    private final ModelPool.Settings settings;
    private final Roster roster;

    Deadlines(ModelPool.Settings settings, Roster roster) {
        this.settings = settings;
        this.roster = roster;
    }

    /** Those that no request used for so long that they are evicted. */
    List<Resident> idleForTooLong(Instant now) {
        return roster.all().stream()
                .filter(resident -> isOver(idleUntil(resident), now))
                .toList();
    }

    /** Whether the head of the line has just waited long enough for busy ones to become idle. */
    boolean isPatienceOver(Resident head, Instant now) {
        return isOver(head.patientUntil(settings.patience()), now);
    }

    /** How long nothing is due. */
    Duration pause(Optional<Resident> head, Instant now) {
        Instant next = now.plus(LONGEST_PAUSE);
        for (Resident resident : roster.all()) {
            next = earlier(next, idleUntil(resident).orElse(next));
        }
        next = earlier(
                next,
                head.flatMap(first -> first.patientUntil(settings.patience())).orElse(next));
        Duration pause = Duration.between(now, next);
        return pause.isNegative() ? Duration.ZERO : pause;
    }

    /** When an idle model is evicted; empty if it may stay. */
    private Optional<Instant> idleUntil(Resident resident) {
        boolean ages = resident.stage() == Stage.LOADED
                && !resident.isBusy()
                && !settings.keepAlive().isZero();
        return ages && !roster.isPinned(resident)
                ? Optional.of(resident.lastUsed().plus(settings.keepAlive()))
                : Optional.empty();
    }

    private static boolean isOver(Optional<Instant> end, Instant now) {
        return end.filter(at -> !now.isBefore(at)).isPresent();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
