package dev.gufo.engine.worker;

import java.time.Duration;
import java.util.Optional;

/** Counts one model's deaths: how long to pause after each, and when to give up. Belongs to the supervisor's thread. */
final class Restarts {
    private final Backoff backoff;
    private Duration next;
    private int diedLoading;

    Restarts(Backoff backoff) {
        this.backoff = backoff;
        next = backoff.first();
    }

    /** The pause after a worker that had been ready for so long. */
    Duration afterService(Duration ready) {
        diedLoading = 0;
        if (ready.compareTo(backoff.healthy()) >= 0) {
            next = backoff.first();
        }
        return pause();
    }

    /** The pause after a worker that never became ready; empty if that was the last attempt. */
    Optional<Duration> afterLoading() {
        diedLoading++;
        return diedLoading < backoff.loadAttempts() ? Optional.of(pause()) : Optional.empty();
    }

    private Duration pause() {
        Duration pause = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(backoff.longest()) < 0 ? doubled : backoff.longest();
        return pause;
    }
}
