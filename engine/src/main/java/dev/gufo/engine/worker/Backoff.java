package dev.gufo.engine.worker;

import java.time.Duration;

/**
 * How patiently a worker that dies is started again.
 *
 * @param first pause before the first new attempt; each further pause is twice as long
 * @param longest most of a pause
 * @param healthy a worker that was ready for so long begins again with {@code first}
 * @param loadAttempts deaths in a row while loading after which the model is given up, at least 1
 */
public record Backoff(Duration first, Duration longest, Duration healthy, int loadAttempts) {
    public static final Backoff DEFAULT =
            new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofMinutes(1), 5);

    public Backoff {
        if (first.isNegative() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException("pauses from %s to %s".formatted(first, longest));
        }
        if (loadAttempts < 1) {
            throw new IllegalArgumentException("loadAttempts must be at least 1, is " + loadAttempts);
        }
    }
}
