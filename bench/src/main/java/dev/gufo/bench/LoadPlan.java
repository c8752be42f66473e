package dev.gufo.bench;

import java.time.Duration;
import java.util.Optional;

/**
 * One load run.
 *
 * @param arrivals when requests are sent
 * @param extent when the run ends
 * @param warmUpRequests sent first, in the same manner, and waited for; they appear in no figure; 0 or more
 * @param workload what the requests ask for
 * @param model its name; empty means the first that the server lists
 * @param seed the same seed makes the same prompts, lengths and arrival times
 * @param timeout a request that takes longer is broken off and counted as failed; above 0
 */
public record LoadPlan(
        Arrivals arrivals,
        Extent extent,
        int warmUpRequests,
        Workload workload,
        Optional<String> model,
        long seed,
        Duration timeout) {

    public LoadPlan {
        if (warmUpRequests < 0) {
            throw new IllegalArgumentException("warm-up requests must be 0 or more, is " + warmUpRequests);
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the timeout must be above 0, is " + timeout);
        }
    }

    /** When no further request is sent; those in flight are waited for. */
    public sealed interface Extent {
        /** After {@code count} requests, 1 or more. */
        record Requests(int count) implements Extent {
            public Requests {
                if (count < 1) {
                    throw new IllegalArgumentException("requests must be 1 or more, is " + count);
                }
            }
        }

        /** After {@code time}, above 0. */
        record For(Duration time) implements Extent {
            public For {
                if (time.isNegative() || time.isZero()) {
                    throw new IllegalArgumentException("the duration must be above 0, is " + time);
                }
            }
        }
    }
}
