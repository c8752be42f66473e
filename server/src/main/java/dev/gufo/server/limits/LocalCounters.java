package dev.gufo.server.limits;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Counts in this process's memory. */
final class LocalCounters implements Counters {
    /** A bucket that was not used for a day is full again, and so is a new one. */
    private static final Duration FULL_AGAIN = Duration.ofDays(1).plusMinutes(1);

    private final TimeMeter time;
    private final Cache<String, Bucket> buckets;
    /** One entry for each key that runs something, and one for each key and month with a budget. */
    private final Map<Tally, Sum> tallies = new ConcurrentHashMap<>();

    private record Sum(long used, long held) {}

    LocalCounters(TimeMeter time) {
        this.time = time;
        this.buckets = Caffeine.newBuilder()
                .expireAfterAccess(FULL_AGAIN)
                .ticker(time::currentTimeNanos)
                .executor(Runnable::run)
                .build();
    }

    @Override
    public <T> T bucket(String name, BucketConfiguration configuration, Function<Bucket, T> use) {
        return use.apply(buckets.get(name, _ -> {
            var bucket = Bucket.builder().withCustomTimePrecision(time);
            for (var bandwidth : configuration.getBandwidths()) {
                bucket.addLimit(bandwidth);
            }
            return bucket.build();
        }));
    }

    @Override
    public Held hold(Tally tally, String hold, long amount, long limit, LongSupplier used) {
        var held = new Held[1];
        tallies.compute(tally, (_, known) -> {
            Sum sum = known == null ? new Sum(used.getAsLong(), 0) : known;
            long taken = sum.used + sum.held;
            held[0] = new Held(taken + amount <= limit, taken);
            return held[0].granted() ? new Sum(sum.used, sum.held + amount) : sum;
        });
        return held[0];
    }

    @Override
    public void release(Tally tally, String hold, long amount, long used) {
        tallies.computeIfPresent(tally, (_, sum) -> {
            var left = new Sum(sum.used + used, sum.held - amount);
            return left.used == 0 && left.held == 0 ? null : left;
        });
    }

    @Override
    public void raise(Tally tally, long used) {
        tallies.computeIfPresent(tally, (_, sum) -> new Sum(Math.max(sum.used, used), sum.held));
    }

    @Override
    public void close() {
        // Nothing outlives the process.
    }
}
