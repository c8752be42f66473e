package dev.gufo.server.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gufo.server.TestStorage;
import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.Problem;
import io.github.bucket4j.TimeMeter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RedisCountersTest {
    @TempDir
    private Path folder;

    private Database database;

    @BeforeEach
    void openDatabase() {
        database = TestStorage.database(folder);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    private static final RequestCost COST = new RequestCost(100, 100, 1);

    @Test
    void serversOnOneRedisShareEveryLimit() throws IOException {
        assumeThat(RedisServer.installed()).isPresent();
        try (RedisServer redis = RedisServer.open();
                KeyLimits one = open(RedisCounters.connect(redis.url()));
                KeyLimits other = open(RedisCounters.connect(redis.url()))) {
            Caller rated = KeyLimitsTest.caller(Map.of(Limit.REQUESTS_PER_DAY, 2L, Limit.TOKENS_PER_DAY, 1_000L));
            one.reserve(rated, COST).settle(100, 50);
            other.reserve(rated, COST).settle(100, 60);
            assertThat(one.standing(rated).tokens().orElseThrow().remaining()).isEqualTo(690);
            assertThat(KeyLimitsTest.refusal(one, rated, COST)).isInstanceOf(Problem.RateLimited.class);

            Caller counted = KeyLimitsTest.caller(Map.of(Limit.CONCURRENT_REQUESTS, 1L, Limit.TOKENS_PER_MONTH, 500L));
            Reservation first = one.reserve(counted, COST);
            assertThat(KeyLimitsTest.refusal(other, counted, COST))
                    .isEqualTo(new Problem.RateLimited(
                            "concurrent_requests", "requests", 1, 1, 1, Optional.of(Duration.ofSeconds(1))));
            first.settle(100, 100);
            first.close();
            other.reserve(counted, COST).close();
            Reservation second = other.reserve(counted, new RequestCost(150, 150, 1));
            second.settle(150, 149);
            second.close();
            assertThat(KeyLimitsTest.refusal(one, counted, new RequestCost(1, 1, 1)))
                    .isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 500, 499, 2));
        }
    }

    @Test
    void whatADeadServerHeldComesBackAndALivingOneKeepsIt() throws IOException {
        assumeThat(RedisServer.installed()).isPresent();
        Duration lease = Duration.ofMillis(300);
        try (RedisServer redis = RedisServer.open();
                KeyLimits living = open(RedisCounters.connect(redis.url(), lease, TimeMeter.SYSTEM_MILLISECONDS));
                KeyLimits other = open(RedisCounters.connect(redis.url(), lease, TimeMeter.SYSTEM_MILLISECONDS))) {
            Caller caller = KeyLimitsTest.caller(Map.of(Limit.CONCURRENT_REQUESTS, 2L, Limit.TOKENS_PER_MONTH, 1_000L));
            living.reserve(caller, COST);
            KeyLimits dead = open(RedisCounters.connect(redis.url(), lease, TimeMeter.SYSTEM_MILLISECONDS));
            dead.reserve(caller, COST);
            dead.close(); // without ending its request
            assertThat(KeyLimitsTest.refusal(other, caller, COST)).isNotNull();
            Awaitility.await().until(() -> KeyLimitsTest.refusal(other, caller, COST) == null);
            // The other one holds the second place now, and renews it as the living one does the first, for many
            // leases.
            Awaitility.await()
                    .during(lease.multipliedBy(3))
                    .until(() -> KeyLimitsTest.refusal(living, caller, COST) != null);
            assertThat(KeyLimitsTest.refusal(
                            living,
                            KeyLimitsTest.caller(Map.of(Limit.TOKENS_PER_MONTH, 1_000L)),
                            new RequestCost(601, 0, 1)))
                    .isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 1_000, 400, 601));
        }
    }

    @Test
    void withoutRedisNobodyIsLetInUntilItIsBack() throws IOException {
        assumeThat(RedisServer.installed()).isPresent();
        try (RedisServer redis = RedisServer.open();
                KeyLimits limits = open(RedisCounters.connect(redis.url()))) {
            Caller caller = KeyLimitsTest.caller(
                    Map.of(Limit.REQUESTS_PER_DAY, 10L, Limit.CONCURRENT_REQUESTS, 5L, Limit.TOKENS_PER_MONTH, 1_000L));
            Reservation running = limits.reserve(caller, COST);
            redis.kill();
            assertThat(KeyLimitsTest.refusal(limits, caller, COST))
                    .isEqualTo(new Problem.LimitsUnavailable(Duration.ofSeconds(2)));
            assertThat(limits.standing(caller)).isEqualTo(RateHeaders.NONE);
            running.settle(100, 100);
            running.close();
            assertThat(KeyLimitsTest.refusal(limits, new Caller.Configured(1, "f"), COST))
                    .as("who is not limited needs no counter")
                    .isNull();
            redis.start();
            Awaitility.await().until(() -> KeyLimitsTest.refusal(limits, caller, COST) == null);
        }
    }

    @Test
    void aWrongAddressIsToldAtTheStart() {
        assertThatIllegalArgumentException().isThrownBy(() -> RedisCounters.connect("http://127.0.0.1"));
        assertThatExceptionOfType(CountersUnavailable.class)
                .isThrownBy(() -> RedisCounters.connect("redis://127.0.0.1:1"));
    }

    private KeyLimits open(Counters counters) {
        return new KeyLimits(Limits.NONE, counters, new MonthUse(database), InstantSource.system());
    }
}
