package dev.gufo.bench;

import java.util.Locale;
import java.util.random.RandomGenerator;

/** When requests are sent. */
public sealed interface Arrivals {
    /**
     * Every client sends its next request when its previous one has ended.
     *
     * @param clients requests in flight; 1 to 4096
     */
    record ClosedLoop(int clients) implements Arrivals {
        public ClosedLoop {
            if (clients < 1 || clients > 4_096) {
                throw new IllegalArgumentException("clients must be 1 to 4096, is " + clients);
            }
        }

        @Override
        public String toString() {
            return clients == 1 ? "closed loop, 1 client" : "closed loop, %d clients".formatted(clients);
        }
    }

    /**
     * Requests arrive at random, independent of what the server does; latencies count from the arrival, so a server
     * that stalls is charged for everyone who came meanwhile.
     *
     * @param perSecond mean rate; more than 0, at most 100,000
     */
    record Poisson(double perSecond) implements Arrivals {
        /** An arrival that finds so many requests in flight is counted as failed and not sent. */
        static final int MAX_IN_FLIGHT = 4_096;

        public Poisson {
            if (!(perSecond > 0 && perSecond <= 100_000)) {
                throw new IllegalArgumentException("a rate must be above 0 and at most 100000, is " + perSecond);
            }
        }

        /** Draws the nanoseconds from one arrival to the next: exponential with mean {@code 1 / perSecond}. */
        long gapNanos(RandomGenerator random) {
            return Math.round(-Math.log1p(-random.nextDouble()) / perSecond * 1e9);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "open loop, Poisson, %.3g requests/s", perSecond);
        }
    }
}
