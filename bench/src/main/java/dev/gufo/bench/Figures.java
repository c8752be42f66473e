package dev.gufo.bench;

import java.util.List;
import java.util.OptionalDouble;
import java.util.SortedMap;

/**
 * What a run came to, warm-up left out.
 *
 * @param seconds from the first request to the last end
 * @param completed requests with a complete answer; only they are in the tokens and latencies
 * @param failures counts by {@link Failure#label}
 * @param completionTokens as the server counts them; for answers without a usage object, the events that carried text
 * @param withoutUsage answers without a usage object
 * @param saturatedTokensPerSecond closed loop and streaming only: the rate until the first client found no request
 *     left, so without the end, where fewer and fewer are busy; events that carry text are counted and scaled to tokens
 * @param connections opened for the whole run, warm-up included
 * @param firstToken from the request (open loop: from its arrival) to the first event that carries text; streaming only
 * @param tokenGap between events that carry text; streaming only
 * @param total from the request (open loop: from its arrival) to the end of its answer
 * @param answers times of each complete answer; streaming only
 */
public record Figures(
        double seconds,
        long completed,
        SortedMap<String, Long> failures,
        long promptTokens,
        long cachedTokens,
        long completionTokens,
        long withoutUsage,
        OptionalDouble saturatedTokensPerSecond,
        int connections,
        Latency firstToken,
        Latency tokenGap,
        Latency total,
        List<Objectives.Answer> answers) {

    /** Requests without a complete answer. */
    public long failed() {
        return failures.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Complete answers per second. */
    public double requestsPerSecond() {
        return completed / seconds;
    }

    /** Complete answers per second that keep to these. */
    double goodput(Objectives objectives) {
        return answers.stream().filter(objectives::areKeptBy).count() / seconds;
    }

    /** Generated tokens per second, over the whole run. */
    public double tokensPerSecond() {
        return completionTokens / seconds;
    }
}
