package dev.gufo.server.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.gufo.server.http.Network;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Optional;

/**
 * Slows the guessing of keys: an address may be wrong 20 times at once, then once every 3 seconds. Until then its
 * guesses are not looked at, so that not even the right one tells anything; only keys that were right from this address
 * before go on. Safe for any thread.
 */
final class WrongKeys {
    private static final int AT_ONCE = 20;
    private static final Duration REFILL = Duration.ofMinutes(1);
    private static final Duration REMEMBERED = Duration.ofDays(1);
    /** An address that is pushed out starts anew; an attacker with so many addresses is not slowed by this anyway. */
    private static final int MOST_ADDRESSES = 10_000;

    private final TimeMeter time;
    private final Cache<String, Bucket> buckets;
    private final Cache<Known, Boolean> known;

    private record Known(String network, int key) {}

    WrongKeys(TimeMeter time) {
        this.time = time;
        this.buckets = cache(REFILL);
        this.known = cache(REMEMBERED);
    }

    private <K, V> Cache<K, V> cache(Duration life) {
        return Caffeine.newBuilder()
                .maximumSize(MOST_ADDRESSES)
                .expireAfterAccess(life)
                .ticker(time::currentTimeNanos)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Counts a wrong one.
     *
     * @return how long the address has to wait if it was one too many
     */
    Optional<Duration> count(String address) {
        ConsumptionProbe probe = bucket(address).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    /**
     * Whether a right key counts as one.
     *
     * @param key which of the keys that can be guessed it is
     * @return how long the address has to wait if it was wrong too often and this key never came from there
     */
    Optional<Duration> allow(String address, int key) {
        var pair = new Known(Network.of(address), key);
        if (known.getIfPresent(pair) == null) {
            var probe = bucket(address).estimateAbilityToConsume(1);
            if (!probe.canBeConsumed()) {
                return Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
            }
            known.put(pair, true);
        }
        return Optional.empty();
    }

    private Bucket bucket(String address) {
        return buckets.get(
                Network.of(address),
                _ -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(AT_ONCE).refillGreedy(AT_ONCE, REFILL))
                        .withCustomTimePrecision(time)
                        .build());
    }
}
