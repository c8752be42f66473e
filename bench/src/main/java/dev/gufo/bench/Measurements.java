package dev.gufo.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** Collects outcomes. The loop comes here once per request, never per token. One thread. */
final class Measurements {
    private static final int DIGITS = 3;

    private final long startNanos;
    private long endNanos;
    private OptionalLong exhaustedNanos = OptionalLong.empty();

    private final Histogram firstToken = new Histogram(DIGITS); // microseconds, as all three
    private final Histogram tokenGap = new Histogram(DIGITS);
    private final Histogram total = new Histogram(DIGITS);
    private final List<Objectives.Answer> answers = new ArrayList<>();
    private final SortedMap<String, Long> failures = new TreeMap<>();

    private long completed;
    private long withoutUsage;
    private long promptTokens;
    private long cachedTokens;
    private long completionTokens;
    private long events;
    private long eventsUntilExhausted;

    Measurements(long startNanos) {
        this.startNanos = startNanos;
        this.endNanos = startNanos;
    }

    /**
     * Counts a request.
     *
     * @param since when it was sent, or was due
     */
    void record(long since, RequestOutcome outcome) {
        endNanos = Math.max(endNanos, outcome.endNanos());
        switch (outcome) {
            case RequestOutcome.Failed(Failure failure, long _) -> failures.merge(failure.label(), 1L, Long::sum);
            case RequestOutcome.Completed answer -> record(since, answer);
        }
    }

    /** A client of the closed loop found no request left. */
    void exhausted(long nanos) {
        if (exhaustedNanos.isEmpty()) {
            exhaustedNanos = OptionalLong.of(nanos);
        }
    }

    Figures figures(int connections) {
        return new Figures(
                Math.max(1, endNanos - startNanos) / 1e9,
                completed,
                Collections.unmodifiableSortedMap(new TreeMap<>(failures)),
                promptTokens,
                cachedTokens,
                completionTokens,
                withoutUsage,
                saturatedTokensPerSecond(),
                connections,
                Latency.of(firstToken),
                Latency.of(tokenGap),
                Latency.of(total),
                List.copyOf(answers));
    }

    private void record(long since, RequestOutcome.Completed answer) {
        TokenTimes tokens = answer.tokens();
        completed++;
        recordNanos(total, answer.endNanos() - since);
        if (tokens.count() > 0) {
            recordNanos(firstToken, tokens.first() - since);
            answers.add(times(since, answer));
            tokens.forEachGap(gap -> recordNanos(tokenGap, gap));
        }
        events += tokens.count();
        eventsUntilExhausted +=
                exhaustedNanos.isPresent() ? tokens.countUntil(exhaustedNanos.getAsLong()) : tokens.count();
        if (answer.usage().isPresent()) {
            TokenUsage usage = answer.usage().get();
            promptTokens += usage.promptTokens();
            cachedTokens += usage.cachedTokens();
            completionTokens += usage.completionTokens();
        } else {
            withoutUsage++;
            completionTokens += tokens.count();
        }
    }

    private static Objectives.Answer times(long since, RequestOutcome.Completed answer) {
        long read = answer.tokens().count();
        long tokens = answer.usage().map(TokenUsage::completionTokens).orElse(read);
        double first = (answer.tokens().first() - since) / 1e6;
        double whole = (answer.endNanos() - since) / 1e6;
        return new Objectives.Answer(first, (whole - first) / Math.max(1, tokens - 1), whole);
    }

    private OptionalDouble saturatedTokensPerSecond() {
        if (exhaustedNanos.isEmpty() || eventsUntilExhausted == 0) {
            return OptionalDouble.empty();
        }
        double tokens = eventsUntilExhausted * (completionTokens / (double) events);
        return OptionalDouble.of(tokens / (Math.max(1, exhaustedNanos.getAsLong() - startNanos) / 1e9));
    }

    private static void recordNanos(Histogram micros, long nanos) {
        micros.recordValue(Math.max(0, nanos / 1_000));
    }
}
