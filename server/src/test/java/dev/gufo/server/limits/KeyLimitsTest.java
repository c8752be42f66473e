package dev.gufo.server.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gufo.server.TestStorage;
import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.ErrorTable;
import dev.gufo.server.error.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyLimitsTest {
    private final ManualTime time = new ManualTime("2026-01-31T23:00:00Z");

    @TempDir
    private Path folder;

    private Database database;

    @BeforeEach
    void open() {
        database = TestStorage.database(folder);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aRequestTakesWhatItMayCostAndGivesBackWhatItDidNotUse() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(Map.of(Limit.TOKENS_PER_MINUTE, 1_000L, Limit.REQUESTS_PER_MINUTE, 10L));
            try (Reservation reservation = limits.reserve(caller, new RequestCost(100, 500, 1))) {
                assertThat(remaining(limits, caller)).isEqualTo("9 requests, 400 tokens");
                reservation.settle(100, 20);
                reservation.settle(100, 500);
                assertThat(remaining(limits, caller)).isEqualTo("9 requests, 880 tokens");
            }
            limits.reserve(caller, new RequestCost(1, 1, 1)).close();
            assertThat(remaining(limits, caller)).as("all but the request").isEqualTo("8 requests, 880 tokens");
            limits.reserve(caller, new RequestCost(80, 100, 3)).settle(80, 120);
            assertThat(remaining(limits, caller)).as("more than reserved").isEqualTo("5 requests, 680 tokens");
        }
    }

    @Test
    void aRefusalNamesTheLimitItsNumbersAndWhenItWouldPass() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(
                    Map.of(Limit.REQUESTS_PER_MINUTE, 2L, Limit.REQUESTS_PER_DAY, 3L, Limit.TOKENS_PER_MINUTE, 1_200L));
            limits.reserve(caller, new RequestCost(10, 0, 1)).settle(10, 0);
            limits.reserve(caller, new RequestCost(10, 0, 1)).settle(10, 0);
            assertThat(refusal(limits, caller, new RequestCost(10, 0, 1)))
                    .isEqualTo(new Problem.RateLimited(
                            "requests_per_minute", "requests", 2, 2, 1, Optional.of(Duration.ofSeconds(30))));
            time.pass(Duration.ofSeconds(30));
            assertThat(refusal(limits, caller, new RequestCost(1_200, 1, 1)))
                    .as("it never passes")
                    .isEqualTo(
                            new Problem.RateLimited("tokens_per_minute", "tokens", 1_200, 0, 1_201, Optional.empty()));
            limits.reserve(caller, new RequestCost(1_000, 200, 1)).close();
            Problem third = refusal(limits, caller, new RequestCost(1, 1, 1));
            assertThat(third).isInstanceOfSatisfying(Problem.RateLimited.class, limited -> {
                assertThat(limited.limit()).isEqualTo("requests_per_day");
                assertThat(limited.retryAfter().orElseThrow()).isBetween(Duration.ofHours(7), Duration.ofHours(8));
            });
        }
    }

    @Test
    void whatIsRefusedForItsTokensDoesNotCountAsARequest() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(Map.of(
                    Limit.TOKENS_PER_MINUTE, 600L,
                    Limit.REQUESTS_PER_MINUTE, 5L,
                    Limit.CONCURRENT_REQUESTS, 3L,
                    Limit.QUEUED_REQUESTS, 3L,
                    Limit.TOKENS_PER_MONTH, 10_000L));
            limits.reserve(caller, new RequestCost(500, 0, 1)).settle(500, 0);
            for (int i = 0; i < 10; i++) {
                assertThat(refusal(limits, caller, new RequestCost(200, 0, 1)))
                        .isEqualTo(new Problem.RateLimited(
                                "tokens_per_minute", "tokens", 600, 500, 200, Optional.of(Duration.ofSeconds(10))));
            }
            assertThat(remaining(limits, caller)).isEqualTo("4 requests, 100 tokens");
        }
    }

    @Test
    void requestsAreConcurrentUntilTheyAreClosedAndQueuedUntilTheyStart() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(Map.of(Limit.CONCURRENT_REQUESTS, 3L, Limit.QUEUED_REQUESTS, 2L));
            var cost = new RequestCost(1, 1, 1);
            Reservation first = limits.reserve(caller, cost);
            limits.reserve(caller, cost);
            assertThat(refusal(limits, caller, cost))
                    .isInstanceOfSatisfying(
                            Problem.RateLimited.class,
                            limited -> assertThat(limited.limit()).isEqualTo("queued_requests"));
            first.started();
            first.started();
            Reservation third = limits.reserve(caller, cost);
            third.started();
            assertThat(refusal(limits, caller, cost))
                    .isEqualTo(new Problem.RateLimited(
                            "concurrent_requests", "requests", 3, 3, 1, Optional.of(Duration.ofSeconds(1))));
            third.settle(1, 1);
            assertThat(refusal(limits, caller, cost)).as("settled is not ended").isNotNull();
            third.close();
            third.close();
            limits.reserve(caller, cost).started();
            assertThat(refusal(limits, caller, cost)).isNotNull();
        }
    }

    @Test
    void aBudgetThatIsUsedUpIsNotARateAndComesBackNextMonth() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(Map.of(Limit.TOKENS_PER_MONTH, 1_000L));
            limits.reserve(caller, new RequestCost(100, 800, 1)).settle(100, 700);
            Problem refused = refusal(limits, caller, new RequestCost(100, 101, 1));
            assertThat(refused).isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 1_000, 800, 201));
            var error = new ErrorTable(413).of(refused);
            assertThat(error.status()).isEqualTo(429);
            assertThat(error.code()).isEqualTo("insufficient_quota");
            assertThat(error.retryAfter()).isEmpty();
            Reservation last = limits.reserve(caller, new RequestCost(100, 100, 1));
            time.pass(Duration.ofHours(1));
            limits.reserve(caller, new RequestCost(1_000, 0, 1)).close();
            last.settle(100, 100);
            limits.reserve(caller, new RequestCost(1_000, 0, 1)).close();
        }
    }

    @Test
    void theMonthsUseSurvivesARestart() {
        Caller caller = caller(Map.of(Limit.TOKENS_PER_MONTH, 1_000L));
        try (KeyLimits limits = open(Limits.NONE)) {
            limits.reserve(caller, new RequestCost(100, 800, 1)).settle(100, 300);
            limits.reserve(caller, new RequestCost(100, 400, 1)); // in flight when the server ends
        }
        try (KeyLimits limits = open(Limits.NONE)) {
            assertThat(refusal(limits, caller, new RequestCost(601, 0, 1)))
                    .isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 1_000, 400, 601));
            limits.usedAtLeast(caller.id(), YearMonth.of(2026, 1), 450);
            limits.usedAtLeast(caller.id(), YearMonth.of(2026, 1), 10);
            assertThat(refusal(limits, caller, new RequestCost(551, 0, 1)))
                    .isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 1_000, 450, 551));
        }
        try (KeyLimits limits = open(Limits.NONE)) {
            assertThat(refusal(limits, caller, new RequestCost(551, 0, 1)))
                    .isEqualTo(new Problem.QuotaExceeded("tokens_per_month", 1_000, 450, 551));
        }
    }

    @Test
    void aKeysOwnLimitsComeBeforeTheDefaultsAndConfiguredKeysHaveNone() {
        var defaults = new Limits(Map.of(Limit.REQUESTS_PER_MINUTE, 5L, Limit.MAX_TOKENS, 100L));
        try (KeyLimits limits = open(defaults)) {
            assertThat(limits.maxTokens(caller(Map.of()))).hasValue(100);
            assertThat(limits.maxTokens(caller(Map.of(Limit.MAX_TOKENS, 7L)))).hasValue(7);
            assertThat(limits.maxTokens(caller(Map.of(Limit.MAX_TOKENS, Limits.UNLIMITED))))
                    .isEmpty();
            assertThat(limits.maxTokens(new Caller.Configured(1, "f"))).isEmpty();
            assertThat(limits.maxTokens(new Caller.Anonymous())).hasValue(100);
            assertThat(limits.standing(caller(Map.of()))
                            .requests()
                            .orElseThrow()
                            .limit())
                    .isEqualTo(5);
            assertThat(limits.standing(new Caller.Configured(1, "f")).headers()).isEmpty();
        }
    }

    @Test
    void headersTellOfTheTighterLimitAndWhenItIsFullAgain() {
        try (KeyLimits limits = open(Limits.NONE)) {
            Caller caller = caller(Map.of(
                    Limit.REQUESTS_PER_MINUTE, 60L, Limit.REQUESTS_PER_DAY, 1_000L, Limit.TOKENS_PER_DAY, 86_400L));
            Reservation reservation = limits.reserve(caller, new RequestCost(600, 0, 1));
            assertThat(reservation.headers().headers())
                    .isEqualTo(Map.of(
                            "x-ratelimit-limit-requests", "60",
                            "x-ratelimit-remaining-requests", "59",
                            "x-ratelimit-reset-requests", "1s",
                            "x-ratelimit-limit-tokens", "86400",
                            "x-ratelimit-remaining-tokens", "85800",
                            "x-ratelimit-reset-tokens", "10m0s"));
        }
    }

    @Test
    void durationsAreWrittenAsOpenAiDoes() {
        assertThat(RateHeaders.text(Duration.ZERO)).isEqualTo("0s");
        assertThat(RateHeaders.text(Duration.ofMillis(20))).isEqualTo("20ms");
        assertThat(RateHeaders.text(Duration.ofNanos(1))).isEqualTo("1ms");
        assertThat(RateHeaders.text(Duration.ofSeconds(1))).isEqualTo("1s");
        assertThat(RateHeaders.text(Duration.ofMillis(1_250))).isEqualTo("1.25s");
        assertThat(RateHeaders.text(Duration.ofMinutes(6))).isEqualTo("6m0s");
        assertThat(RateHeaders.text(Duration.ofHours(30).plusSeconds(5))).isEqualTo("30h0m5s");
    }

    private KeyLimits open(Limits defaults) {
        return KeyLimits.open(defaults, "", database, time, time);
    }

    @Test
    void theLargestLimitsThatCanBeSetWork() {
        try (KeyLimits limits = open(Limits.NONE)) {
            var most = new java.util.EnumMap<Limit, Long>(Limit.class);
            for (Limit limit : Limit.values()) {
                most.put(limit, Limits.MOST);
            }
            try (Reservation reservation = limits.reserve(caller(most), new RequestCost(100, 100, 1))) {
                assertThat(reservation.headers().tokens().orElseThrow().remaining())
                        .isGreaterThan(1_000_000_000L);
            }
        }
    }

    static Caller caller(Map<Limit, Long> limits) {
        var terms = StoredKey.Terms.named("test").withLimits(_ -> new Limits(limits));
        return new Caller.Holder(
                new StoredKey("key_test", "gufo_test", terms, Instant.EPOCH, Optional.empty(), Optional.empty()));
    }

    static Problem refusal(KeyLimits limits, Caller caller, RequestCost cost) {
        var refused = catchThrowableOfType(ApiException.class, () -> limits.reserve(caller, cost));
        return refused == null ? null : refused.problem();
    }

    private static String remaining(KeyLimits limits, Caller caller) {
        RateHeaders standing = limits.standing(caller);
        return "%d requests, %d tokens"
                .formatted(
                        standing.requests().orElseThrow().remaining(),
                        standing.tokens().orElseThrow().remaining());
    }
}
