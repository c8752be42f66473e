package dev.gufo.server.limits;

import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.BucketConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One bucket of a caller: its limits per minute and per day of one unit, taken from together or not at all. Each
 * refills evenly, so a key that has used up its minute gets room again at once, not all of it at the full minute.
 *
 * @param unit what is counted, {@code requests} or {@code tokens}
 * @param bands at least one
 */
record Rate(String unit, List<Band> bands) {
    static final String REQUESTS = "requests";
    static final String TOKENS = "tokens";

    /**
     * One limit.
     *
     * @param capacity most at once, and as much comes back in a period
     */
    record Band(Limit limit, long capacity, Duration period) {
        /** How long until this much has come back. */
        Duration refill(long amount) {
            if (amount <= 0) {
                return Duration.ZERO;
            }
            // In double: the product of a capacity and a day's nanoseconds is beyond a long. A nanosecond more or less
            // is no matter.
            return Duration.ofNanos((long) Math.ceil((double) amount / capacity * period.toNanos()));
        }
    }

    static Rate requests(Limits limits) {
        return new Rate(REQUESTS, bands(limits, Limit.REQUESTS_PER_MINUTE, Limit.REQUESTS_PER_DAY));
    }

    static Rate tokens(Limits limits) {
        return new Rate(TOKENS, bands(limits, Limit.TOKENS_PER_MINUTE, Limit.TOKENS_PER_DAY));
    }

    /** Whether anything is limited. */
    boolean exists() {
        return !bands.isEmpty();
    }

    /** The bucket's name. It holds the numbers, so a key whose limits were changed starts with a full bucket. */
    String name(String caller) {
        var name = new StringBuilder("{").append(caller).append("}:").append(unit);
        bands.forEach(band -> name.append(':')
                .append(band.capacity())
                .append('/')
                .append(band.period().toSeconds()));
        return name.toString();
    }

    BucketConfiguration configuration() {
        var configuration = BucketConfiguration.builder();
        for (Band band : bands) {
            configuration.addLimit(Bandwidth.builder()
                    .capacity(band.capacity())
                    .refillGreedy(band.capacity(), band.period())
                    .build());
        }
        return configuration.build();
    }

    private static List<Band> bands(Limits limits, Limit perMinute, Limit perDay) {
        var bands = new ArrayList<Band>(2);
        limits.of(perMinute).ifPresent(most -> bands.add(band(perMinute, most, Duration.ofMinutes(1))));
        limits.of(perDay).ifPresent(most -> bands.add(band(perDay, most, Duration.ofDays(1))));
        return bands;
    }

    /** Bucket4j counts one a nanosecond at most, which is beyond what anyone can use. */
    private static Band band(Limit limit, long most, Duration period) {
        return new Band(limit, Math.min(most, period.toNanos()), period);
    }
}
