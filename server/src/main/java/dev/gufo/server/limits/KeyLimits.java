package dev.gufo.server.limits;

import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.VerboseResult;
import java.time.Duration;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Lets a request in if its key has room for all that it may cost, and takes that. Safe for any thread.
 *
 * <p>What a request may cost is taken when it comes and given back as far as it was not used when it ends. So the
 * tokens of requests that run count as used, and however many come together, a key passes its budget only by what an
 * answer has beyond its own reservation.
 */
public final class KeyLimits implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration RETRY_COUNTERS = Duration.ofSeconds(2);

    private final Limits defaults;
    private final Counters counters;
    private final MonthUse months;
    private final InstantSource clock;

    /**
     * Opens the counters.
     *
     * @param defaults the limits of keys that have none of their own, and of callers without a key
     * @param url {@code redis://…} to count on Redis together with other processes; {@code ""} to count here
     * @param database where the month's use is kept
     * @param clock tells the month
     * @param time by which buckets in this process refill
     * @throws IllegalArgumentException if the URL is none
     * @throws CountersUnavailable if there is no answer
     */
    public static KeyLimits open(Limits defaults, String url, Database database, InstantSource clock, TimeMeter time) {
        Counters counters = url.isEmpty() ? new LocalCounters(time) : RedisCounters.connect(url);
        return new KeyLimits(defaults, counters, new MonthUse(database), clock);
    }

    KeyLimits(Limits defaults, Counters counters, MonthUse months, InstantSource clock) {
        this.defaults = defaults;
        this.counters = counters;
        this.months = months;
        this.clock = clock;
    }

    /** The most tokens that one answer to this caller may have; empty if that is not limited. */
    public OptionalLong maxTokens(Caller caller) {
        return limits(caller).of(Limit.MAX_TOKENS);
    }

    /**
     * Takes what a request may cost.
     *
     * @param cost with the output already cut to {@link #maxTokens}
     * @return to be settled when the real cost is known, and closed when the request has ended
     * @throws ApiException with {@link Problem.RateLimited} or {@link Problem.QuotaExceeded} if there is no room, or
     *     {@link Problem.LimitsUnavailable}; then nothing is taken
     */
    public Reservation reserve(Caller caller, RequestCost cost) {
        return reserve(caller, limits(caller), cost);
    }

    /**
     * Takes nothing yet of a caller's budget, and then nothing of its other limits either.
     *
     * @throws ApiException as {@link #reserve}
     */
    public Reservation reserveBudget(Caller caller) {
        return reserve(caller, limits(caller).only(Limit.TOKENS_PER_MONTH), new RequestCost(0, 0, 0));
    }

    private Reservation reserve(Caller caller, Limits limits, RequestCost cost) {
        Deque<Runnable> undo = new ArrayDeque<>();
        try {
            var taken = new OfKey(caller, limits);
            RateHeaders headers = taken.take(cost, undo);
            undo.clear();
            return new Reservation(taken, headers, cost.tokens());
        } catch (CountersUnavailable e) {
            throw new ApiException(new Problem.LimitsUnavailable(RETRY_COUNTERS));
        } finally {
            undo.forEach(Reservation::quietly);
        }
    }

    /**
     * Takes tokens instead of those that a reservation has so far: more is known about the request by now.
     *
     * @param tokens that it may use, prompt and answers together, 0 or more
     * @throws ApiException as {@link #reserve}; then the reservation has no tokens, and what else it has until it is
     *     closed
     */
    public void raise(Reservation reservation, long tokens) {
        try {
            reservation.raise(tokens);
        } catch (CountersUnavailable e) {
            throw new ApiException(new Problem.LimitsUnavailable(RETRY_COUNTERS));
        }
    }

    /** What one request of a key takes. */
    private final class OfKey implements Reservation.Taken {
        private final Caller caller;
        private final Limits limits;
        private final String hold = UUID.randomUUID().toString();
        private final YearMonth month = YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC));
        private final Counters.Tally running;
        private final Counters.Tally waiting;
        private final Counters.Tally budget;
        private final Rate requests;
        private final Rate tokens;

        OfKey(Caller caller, Limits limits) {
            this.caller = caller;
            this.limits = limits;
            this.running = new Counters.Tally(caller.id(), "running");
            this.waiting = new Counters.Tally(caller.id(), "waiting");
            this.budget = new Counters.Tally(caller.id(), "tokens:" + month);
            this.requests = Rate.requests(limits);
            this.tokens = Rate.tokens(limits);
        }

        /** @param undo is given what takes back each thing that was taken */
        RateHeaders take(RequestCost cost, Deque<Runnable> undo) {
            limits.of(Limit.CONCURRENT_REQUESTS).ifPresent(most -> {
                hold(running, hold, most, Limit.CONCURRENT_REQUESTS);
                undo.push(this::ended);
            });
            limits.of(Limit.QUEUED_REQUESTS).ifPresent(most -> {
                hold(waiting, hold, most, Limit.QUEUED_REQUESTS);
                undo.push(this::started);
            });
            holdBudget(cost.tokens(), undo);
            Optional<RateHeaders.Window> requestsLeft = KeyLimits.this.take(caller, requests, cost.requests(), undo);
            return new RateHeaders(requestsLeft, KeyLimits.this.take(caller, tokens, cost.tokens(), undo));
        }

        private void holdBudget(long amount, Deque<Runnable> undo) {
            limits.of(Limit.TOKENS_PER_MONTH).ifPresent(most -> {
                LongSupplier used = () -> months.tokens(caller.id(), month);
                Counters.Held held = counters.hold(budget, hold, amount, most, used);
                if (!held.granted()) {
                    throw new ApiException(
                            new Problem.QuotaExceeded(Limit.TOKENS_PER_MONTH.word(), most, held.taken(), amount));
                }
                undo.push(() -> counters.release(budget, hold, amount, 0));
            });
        }

        @Override
        public RateHeaders tokens(long held, long wanted) {
            Deque<Runnable> undo = new ArrayDeque<>();
            try {
                if (limits.of(Limit.TOKENS_PER_MONTH).isPresent()) {
                    counters.release(budget, hold, held, 0);
                }
                correct(caller, tokens, held);
                holdBudget(wanted, undo);
                Optional<RateHeaders.Window> tokensLeft = KeyLimits.this.take(caller, tokens, wanted, undo);
                undo.clear();
                return new RateHeaders(look(caller, requests), tokensLeft);
            } finally {
                undo.forEach(Reservation::quietly);
            }
        }

        @Override
        public void started() {
            if (limits.of(Limit.QUEUED_REQUESTS).isPresent()) {
                counters.release(waiting, hold, 1, 0);
            }
        }

        @Override
        public void ended() {
            if (limits.of(Limit.CONCURRENT_REQUESTS).isPresent()) {
                counters.release(running, hold, 1, 0);
            }
        }

        @Override
        public void withdrawn() {
            correct(caller, requests, 1);
        }

        @Override
        public void used(long held, long used) {
            months.add(caller.id(), month, used);
            // Without a budget too: it may get one before the month is over.
            boolean budgeted = limits.of(Limit.TOKENS_PER_MONTH).isPresent();
            counters.release(budget, hold, budgeted ? held : 0, used);
            correct(caller, tokens, held - used);
        }
    }

    /** How a caller stands, for answers to what takes nothing. */
    public RateHeaders standing(Caller caller) {
        Limits limits = limits(caller);
        try {
            return new RateHeaders(look(caller, Rate.requests(limits)), look(caller, Rate.tokens(limits)));
        } catch (CountersUnavailable e) {
            return RateHeaders.NONE;
        }
    }

    /** Tells that a key has used at least this much in a month: someone has kept better books than these. */
    public void usedAtLeast(String callerId, YearMonth month, long tokens) {
        months.raise(callerId, month, tokens);
        counters.raise(new Counters.Tally(callerId, "tokens:" + month), tokens);
    }

    /** Writes the month's use and lets go of the counters. */
    @Override
    public void close() {
        months.close();
        counters.close();
    }

    private Limits limits(Caller caller) {
        return switch (caller) {
            case Caller.Anonymous _ -> defaults;
            case Caller.Configured _, Caller.ContentPolicy _ -> Limits.NONE;
            case Caller.Holder holder -> holder.key().terms().limits().over(defaults);
        };
    }

    private void hold(Counters.Tally tally, String hold, long most, Limit limit) {
        Counters.Held held = counters.hold(tally, hold, 1, most, () -> 0);
        if (!held.granted()) {
            throw new ApiException(
                    new Problem.RateLimited(limit.word(), Rate.REQUESTS, most, held.taken(), 1, Optional.of(SOON)));
        }
    }

    private Optional<RateHeaders.Window> take(Caller caller, Rate rate, long amount, Deque<Runnable> undo) {
        if (!rate.exists()) {
            return Optional.empty();
        }
        if (amount == 0) {
            return look(caller, rate);
        }
        VerboseResult<ConsumptionProbe> result = counters.bucket(
                rate.name(caller.id()),
                rate.configuration(),
                bucket -> bucket.asVerbose().tryConsumeAndReturnRemaining(amount));
        long[] available = result.getDiagnostics().getAvailableTokensPerEachBandwidth();
        if (!result.getValue().isConsumed()) {
            throw refused(rate, available, amount, result.getValue().getNanosToWaitForRefill());
        }
        undo.push(() -> correct(caller, rate, amount));
        return Optional.of(tightest(rate, available));
    }

    private Optional<RateHeaders.Window> look(Caller caller, Rate rate) {
        if (!rate.exists()) {
            return Optional.empty();
        }
        long[] available = counters.bucket(
                rate.name(caller.id()),
                rate.configuration(),
                bucket ->
                        bucket.asVerbose().getAvailableTokens().getDiagnostics().getAvailableTokensPerEachBandwidth());
        return Optional.of(tightest(rate, available));
    }

    /** Gives back to a bucket, or takes more from it than is there if the amount is negative. */
    private void correct(Caller caller, Rate rate, long amount) {
        if (!rate.exists() || amount == 0) {
            return;
        }
        counters.bucket(rate.name(caller.id()), rate.configuration(), (Bucket bucket) -> {
            if (amount > 0) {
                bucket.addTokens(amount);
            } else {
                bucket.consumeIgnoringRateLimits(-amount);
            }
            return amount;
        });
    }

    /** Names the limit that is in the way for longest. */
    private static ApiException refused(Rate rate, long[] available, long amount, long nanosToWait) {
        int worst = 0;
        for (int i = 0; i < available.length; i++) {
            boolean never = amount > rate.bands().get(i).capacity();
            Duration wait = rate.bands().get(i).refill(amount - available[i]);
            if (never || wait.compareTo(rate.bands().get(worst).refill(amount - available[worst])) > 0) {
                worst = i;
                if (never) {
                    break;
                }
            }
        }
        Rate.Band band = rate.bands().get(worst);
        Optional<Duration> retryAfter =
                amount > band.capacity() ? Optional.empty() : Optional.of(Duration.ofNanos(nanosToWait));
        return new ApiException(new Problem.RateLimited(
                band.limit().word(),
                rate.unit(),
                band.capacity(),
                band.capacity() - available[worst],
                amount,
                retryAfter));
    }

    private static RateHeaders.Window tightest(Rate rate, long[] available) {
        int least = 0;
        for (int i = 1; i < available.length; i++) {
            least = available[i] < available[least] ? i : least;
        }
        Rate.Band band = rate.bands().get(least);
        long remaining = Math.max(0, available[least]);
        return new RateHeaders.Window(band.capacity(), remaining, band.refill(band.capacity() - available[least]));
    }
}
