package dev.gufo.server.limits;

import dev.gufo.server.threads.Periodic;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TimeoutException;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.github.bucket4j.redis.lettuce.cas.LettuceBasedProxyManager;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts on Redis or Valkey, together with other processes. Buckets are Bucket4j's own. A tally is a number, used, and
 * a sorted set, held: its members are the holds with their amounts, its scores are when each hold ends unless its
 * process renews it. So what a dead process held comes back by itself. Redis's clock decides, and a script runs as one
 * step.
 *
 * <p>All names of a caller have its id in braces, so that a cluster keeps them on one node.
 */
final class RedisCounters implements Counters {
    private static final Logger LOG = LoggerFactory.getLogger(RedisCounters.class);
    private static final String PREFIX = "gufo:";
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    /** A key's use of a month is of interest until that month is over. */
    private static final String USED_SECONDS = Long.toString(Duration.ofDays(40).toSeconds());

    /**
     * KEYS used, held; ARGV hold:amount, amount, limit, lease in ms, used before or -1. Gives granted, used + held, or
     * -1 if unknown.
     */
    private static final String HOLD = """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
            local used = redis.call('GET', KEYS[1])
            if not used then
              if tonumber(ARGV[5]) < 0 then return {-1, 0} end
              redis.call('SET', KEYS[1], ARGV[5], 'EX', ARGV[6])
              used = ARGV[5]
            end
            local taken = tonumber(used)
            for _, hold in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
              taken = taken + tonumber(string.match(hold, ':(%d+)$'))
            end
            if taken + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return {0, taken} end
            redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), ARGV[1])
            redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[4]) * 2)
            return {1, taken}""";

    /**
     * KEYS used, held; ARGV hold:amount, used. A tally that Redis lost is not made anew: the next hold asks what was
     * used.
     */
    private static final String RELEASE = """
            redis.call('ZREM', KEYS[2], ARGV[1])
            if tonumber(ARGV[2]) ~= 0 and redis.call('EXISTS', KEYS[1]) == 1 then
              redis.call('INCRBY', KEYS[1], ARGV[2])
            end
            return 1""";

    /** KEYS held; ARGV hold:amount, lease in ms. Only what is there: it may just have been released. */
    private static final String RENEW = """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])
            redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) * 2)
            return 1""";

    /** KEYS used; ARGV used. */
    private static final String RAISE = """
            local used = redis.call('GET', KEYS[1])
            if used and tonumber(used) < tonumber(ARGV[1]) then
              redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
            end
            return 1""";

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final LettuceBasedProxyManager<byte[]> buckets;
    private final Duration lease;
    private final Periodic renewal;
    /** What this process holds, by the member of the set. */
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

    private record Hold(Tally tally, String member) {}

    private RedisCounters(RedisClient client, Duration lease, TimeMeter time) {
        this.client = client;
        this.lease = lease;
        this.connection = client.connect(StringCodec.UTF8);
        this.buckets = Bucket4jLettuce.casBasedBuilder(client.connect(ByteArrayCodec.INSTANCE))
                .expirationAfterWrite(
                        ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofMinutes(1)))
                .requestTimeout(PATIENCE)
                .clientClock(time)
                .build();
        this.renewal = Periodic.start("limits-renewal", lease.dividedBy(3), this::renew);
    }

    /**
     * Connects.
     *
     * @throws IllegalArgumentException if the URL is none
     * @throws CountersUnavailable if there is no answer
     */
    static RedisCounters connect(String url) {
        return connect(url, Duration.ofSeconds(30), TimeMeter.SYSTEM_MILLISECONDS);
    }

    /**
     * @param lease how long the holds of a dead process last
     * @param time by which buckets refill: the same for all processes, so that of the wall clock
     */
    static RedisCounters connect(String url, Duration lease, TimeMeter time) {
        RedisURI uri = RedisURI.create(url);
        uri.setTimeout(PATIENCE);
        RedisClient client = RedisClient.create(uri);
        // While Redis is away requests are refused at once instead of waiting for it.
        client.setOptions(ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .build());
        try {
            return new RedisCounters(client, lease, time);
        } catch (RedisException e) {
            client.shutdown(Duration.ZERO, PATIENCE);
            throw new CountersUnavailable(e);
        }
    }

    @Override
    public <T> T bucket(String name, BucketConfiguration configuration, Function<Bucket, T> use) {
        byte[] key = (PREFIX + name).getBytes(StandardCharsets.UTF_8);
        return reach(() -> use.apply(buckets.builder().build(key, () -> configuration)));
    }

    @Override
    public Held hold(Tally tally, String hold, long amount, long limit, LongSupplier used) {
        List<Long> result = tryHold(tally, hold, amount, limit, -1);
        if (result.getFirst() < 0) {
            result = tryHold(tally, hold, amount, limit, used.getAsLong());
        }
        boolean granted = result.getFirst() == 1;
        if (granted) {
            holds.add(new Hold(tally, member(hold, amount)));
        }
        return new Held(granted, result.getLast());
    }

    @Override
    public void release(Tally tally, String hold, long amount, long used) {
        String member = member(hold, amount);
        holds.remove(new Hold(tally, member));
        reach(() -> run(RELEASE, keys(tally), member, Long.toString(used)));
    }

    @Override
    public void raise(Tally tally, long used) {
        reach(() -> run(RAISE, new String[] {used(tally)}, Long.toString(used)));
    }

    @Override
    public void close() {
        renewal.close();
        connection.close();
        client.shutdown(Duration.ZERO, PATIENCE);
    }

    private List<Long> tryHold(Tally tally, String hold, long amount, long limit, long used) {
        return reach(() -> connection
                .sync()
                .eval(
                        HOLD,
                        ScriptOutputType.MULTI,
                        keys(tally),
                        member(hold, amount),
                        Long.toString(amount),
                        Long.toString(limit),
                        Long.toString(lease.toMillis()),
                        Long.toString(used),
                        USED_SECONDS));
    }

    private void renew() {
        try {
            holds.forEach(hold ->
                    run(RENEW, new String[] {held(hold.tally())}, hold.member(), Long.toString(lease.toMillis())));
        } catch (RedisException e) {
            LOG.warn("what runs could not be renewed on Redis: {}", e.getMessage());
        }
    }

    private Long run(String script, String[] keys, String... values) {
        return connection.sync().eval(script, ScriptOutputType.INTEGER, keys, values);
    }

    private static <T> T reach(Supplier<T> call) {
        try {
            return call.get();
        } catch (RedisException | TimeoutException e) {
            throw new CountersUnavailable(e);
        }
    }

    private static String member(String hold, long amount) {
        return hold + ":" + amount;
    }

    private static String[] keys(Tally tally) {
        return new String[] {used(tally), held(tally)};
    }

    private static String used(Tally tally) {
        return PREFIX + "{" + tally.caller() + "}:used:" + tally.what();
    }

    private static String held(Tally tally) {
        return PREFIX + "{" + tally.caller() + "}:held:" + tally.what();
    }
}
