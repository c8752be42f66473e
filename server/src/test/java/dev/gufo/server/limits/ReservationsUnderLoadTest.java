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
                KeyLimits limits = KeyLimits.open(Limits.NONE, "", database, time, time)) {
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
        return new KeyLimits(Limits.NONE, counters, new MonthUse(database), time);
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

    private record Running(Reservation reservation, long prompt, long output) {}

    private void work(KeyLimits limits, Caller caller, Random random, int turns) {
        var open = new ArrayList<Running>();
        for (int turn = 0; turn < turns; turn++) {
            if (random.nextBoolean()) {
                begin(limits, caller, random).ifPresent(open::add);
            } else if (!open.isEmpty()) {
                end(open.remove(random.nextInt(open.size())), random);
            }
        }
        open.forEach(running -> end(running, random));
    }

    private Optional<Running> begin(KeyLimits limits, Caller caller, Random random) {
        long prompt = random.nextInt(100);
        long output = random.nextInt(400);
        Reservation reservation;
        try {
            reservation = limits.reserve(caller, new RequestCost(prompt, output, 1));
        } catch (ApiException refused) {
            return Optional.empty();
        }
        granted.incrementAndGet();
        assertThat(running.incrementAndGet()).isLessThanOrEqualTo(CONCURRENT);
        assertThat(reserved.addAndGet(prompt + output)).isLessThanOrEqualTo(MONTH);
        return Optional.of(new Running(reservation, prompt, output));
    }

    private void end(Running request, Random random) {
        Reservation reservation = request.reservation();
        if (random.nextBoolean()) {
            reservation.started();
        }
        // The sums go down before the reservation does, so that they are never above what is held.
        running.decrementAndGet();
        if (random.nextInt(4) > 0) {
            long completion = random.nextLong(request.output() / 4 + 1);
            used.addAndGet(request.prompt() + completion);
            reserved.addAndGet(completion - request.output());
            reservation.settle(request.prompt(), completion);
            reservation.settle(request.prompt(), request.output());
        } else {
            reserved.addAndGet(-request.prompt() - request.output());
        }
        reservation.close();
    }
}
