package dev.gufo.server.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random reservations from several threads, held against plain sums. No time passes, so nothing refills. */
@Timeout(120)
class ReservationsUnderLoadTest {
    private static final int THREADS = 6;
    private static final long TOKENS = 60_000;
    private static final long MONTH = 40_000;
    private static final long CONCURRENT = 4;

    @TempDir
    private Path folder;

    private final ManualTime time = new ManualTime("2026-03-15T12:00:00Z");
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong granted = new AtomicLong();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void neverBeyondTheBudgetAndExactInTheEnd(long seed) throws Exception {
        try (Database database = Database.open("", folder);
                KeyLimits limits = KeyLimits.open(Limits.NONE, "", Optional.of(database), time, time)) {
            run(seed, 400, List.of(limits));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4})
    void theSameForTwoProcessesThatCountOnRedis(long seed) throws Exception {
        assumeThat(RedisServer.installed()).isPresent();
        try (RedisServer redis = RedisServer.open();
                Database database = Database.open("", folder);
                KeyLimits one = open(redis, database);
                KeyLimits other = open(redis, database)) {
            run(seed, 60, List.of(one, other));
        }
    }

    private KeyLimits open(RedisServer redis, Database database) {
        Counters counters = RedisCounters.connect(redis.url(), Duration.ofSeconds(30), time);
        return new KeyLimits(Limits.NONE, counters, new MonthUse(Optional.of(database)), time);
    }

    private void run(long seed, int turns, List<KeyLimits> servers) throws Exception {
        Caller caller = KeyLimitsTest.caller(Map.of(
                Limit.TOKENS_PER_DAY, TOKENS,
                Limit.TOKENS_PER_MONTH, MONTH,
                Limit.REQUESTS_PER_DAY, 1_000_000L,
                Limit.CONCURRENT_REQUESTS, CONCURRENT));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < THREADS; i++) {
                var random = new Random(seed * 1_000 + i);
                KeyLimits limits = servers.get(i % servers.size());
                all.add(threads.submit(() -> work(limits, caller, random, turns)));
            }
            for (Future<?> thread : all) {
                thread.get();
            }
        }
        assertThat(used.get()).isBetween(1L, MONTH);
        for (KeyLimits limits : servers) {
            long left = MONTH - used.get();
            assertThat(KeyLimitsTest.refusal(limits, caller, new RequestCost(left + 1, 0, 1)))
                    .as("exactly what was used is gone")
                    .isNotNull();
            limits.reserve(caller, new RequestCost(left, 0, 1)).close();
            assertThat(limits.standing(caller).requests().orElseThrow().remaining())
                    .isEqualTo(1_000_000 - granted.incrementAndGet());
        }
    }

    private void work(KeyLimits limits, Caller caller, Random random, int turns) {
        for (int turn = 0; turn < turns; turn++) {
            long prompt = random.nextInt(100);
            long output = random.nextInt(400);
            Reservation reservation;
            try {
                reservation = limits.reserve(caller, new RequestCost(prompt, output, 1));
            } catch (ApiException refused) {
                Thread.yield();
                continue;
            }
            granted.incrementAndGet();
            assertThat(running.incrementAndGet()).isLessThanOrEqualTo(CONCURRENT);
            assertThat(reserved.addAndGet(prompt + output)).isLessThanOrEqualTo(MONTH);
            if (random.nextBoolean()) {
                reservation.started();
            }
            Thread.yield();
            if (random.nextInt(4) > 0) {
                long completion = output == 0 ? 0 : random.nextLong(output / 4 + 1);
                used.addAndGet(prompt + completion);
                reserved.addAndGet(completion - output); // before it is given back: the sum is never below what is held
                reservation.settle(prompt, completion);
                reservation.settle(prompt, output);
            } else {
                reserved.addAndGet(-prompt - output);
            }
            running.decrementAndGet();
            reservation.close();
        }
    }
}
