package dev.gufo.server.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Counts wrong keys by address: 20 at once, then one every 3 seconds. Safe for any thread. */
final class WrongKeys {
    private static final int AT_ONCE = 20;
    private static final Duration REFILL = Duration.ofMinutes(1);
    /** An address that is pushed out starts anew; an attacker with so many addresses is not slowed by this anyway. */
    private static final int MOST_ADDRESSES = 10_000;

    private final TimeMeter time;
    private final Cache<String, Bucket> buckets;

    WrongKeys(TimeMeter time) {
        this.time = time;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MOST_ADDRESSES)
                .expireAfterAccess(REFILL)
                .ticker(time::currentTimeNanos)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Counts one.
     *
     * @return how long the address has to wait if it was one too many
     */
    Optional<Duration> count(String address) {
        Bucket bucket = buckets.get(
                network(address),
                _ -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(AT_ONCE).refillGreedy(AT_ONCE, REFILL))
                        .withCustomTimePrecision(time)
                        .build());
        ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    /** Who has one IPv6 address has the other 2^64 of its network too. */
    private static String network(String address) {
        if (!address.contains(":")) {
            return address;
        }
        try {
            byte[] bytes =
                    InetAddress.ofLiteral(address.replaceAll("[\\[\\]]", "")).getAddress();
            return HexFormat.of().formatHex(bytes.length == 16 ? Arrays.copyOf(bytes, 8) : bytes);
        } catch (IllegalArgumentException notLiteral) {
            return address;
        }
    }
}
