package dev.gufo.server.metrics;

import dev.gufo.engine.Drafts;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What is counted of one model's requests, under vLLM's names with Gufo's prefix. Safe for any thread. */
final class ModelMeters {
    /** The label that has a model's id. */
    static final String MODEL = "model_name";

    private static final double SECOND = 1e9; // in nanoseconds

    private final MeterRegistry registry;
    private final Tags tags;
    private final Counter promptTokens;
    private final Counter cachedTokens;
    private final Counter generationTokens;
    private final Counter guessedTokens;
    private final Counter acceptedTokens;
    private final Counter cacheQueries;
    private final Counter cacheHits;
    private final DistributionSummary firstToken;
    private final DistributionSummary interToken;
    private final DistributionSummary endToEnd;
    private final DistributionSummary queue;
    private final DistributionSummary inference;
    private final DistributionSummary prefill;
    private final DistributionSummary decode;
    private final DistributionSummary requestPromptTokens;
    private final DistributionSummary requestGenerationTokens;
    private final RecentGaps recentGaps = new RecentGaps(System::nanoTime);
    private final Map<String, Counter> finished = new ConcurrentHashMap<>();

    ModelMeters(MeterRegistry registry, String model) {
        this.registry = registry;
        this.tags = Tags.of(MODEL, model);
        promptTokens =
                counter("gufo_prompt_tokens", "Tokens of prompts that started, and of inputs that became vectors.");
        cachedTokens = counter("gufo_prompt_tokens_cached", "Prompt tokens that did not have to be computed.");
        generationTokens = counter("gufo_generation_tokens", "Tokens that were sampled.");
        guessedTokens = counter("gufo_spec_decode_num_draft_tokens", "Tokens that were guessed ahead of the model.");
        acceptedTokens = counter("gufo_spec_decode_num_accepted_tokens", "Guesses that were what the model chose.");
        cacheQueries = counter("gufo_prefix_cache_queries", "Tokens looked for in the prefix cache.");
        cacheHits = counter("gufo_prefix_cache_hits", "Tokens found in the prefix cache.");
        firstToken = seconds("gufo_time_to_first_token", "From the arrival to the first token.", Buckets.FIRST_TOKEN);
        interToken = seconds("gufo_inter_token_latency", "Between two tokens of a request.", Buckets.INTER_TOKEN);
        endToEnd = seconds("gufo_e2e_request_latency", "From the arrival to the end.", Buckets.REQUEST);
        queue = seconds("gufo_request_queue_time", "In the engine's queue.", Buckets.REQUEST);
        inference = seconds("gufo_request_inference_time", "Prefill and decode.", Buckets.REQUEST);
        prefill = seconds("gufo_request_prefill_time", "From the queue to the first token.", Buckets.REQUEST);
        decode = seconds("gufo_request_decode_time", "From the first to the last token.", Buckets.REQUEST);
        requestPromptTokens = summary("gufo_request_prompt_tokens", "Prompt tokens of a request.", Buckets.TOKENS);
        requestGenerationTokens =
                summary("gufo_request_generation_tokens", "Sampled tokens of a request.", Buckets.TOKENS);
    }

    Metrics.Tokens tokens() {
        return new Metrics.Tokens(
                (long) promptTokens.count(), (long) cachedTokens.count(), (long) generationTokens.count());
    }

    Optional<Metrics.Gaps> gaps() {
        return recentGaps.told();
    }

    void started(int prompt, int cached) {
        promptTokens.increment(prompt);
        cachedTokens.increment(cached);
        cacheQueries.increment(prompt);
        cacheHits.increment(cached);
    }

    void computed(int tokens) {
        promptTokens.increment(tokens);
    }

    void firstToken(Duration sinceArrival) {
        generationTokens.increment();
        record(firstToken, sinceArrival);
    }

    void moreTokens(int tokens, Duration gap) {
        generationTokens.increment(tokens);
        double each = gap.toNanos() / SECOND / tokens;
        recentGaps.add(each, tokens);
        for (int i = 0; i < tokens; i++) {
            interToken.record(each);
        }
    }

    void guessed(Drafts drafts) {
        guessedTokens.increment((double) drafts.accepted() + drafts.rejected());
        acceptedTokens.increment(drafts.accepted());
    }

    void settled(Outcome outcome, Duration sinceArrival) {
        finished.computeIfAbsent(
                        finishedReason(outcome),
                        reason -> Counter.builder("gufo_request_success")
                                .description("Requests that ended, by how.")
                                .tags(tags.and("finished_reason", reason))
                                .register(registry))
                .increment();
        record(endToEnd, sinceArrival);
        if (outcome.completionTokens() > 0) {
            record(queue, outcome.queued());
            record(prefill, outcome.prefill());
            record(decode, outcome.decode());
            record(inference, outcome.prefill().plus(outcome.decode()));
            requestPromptTokens.record(outcome.promptTokens());
            requestGenerationTokens.record(outcome.completionTokens());
        } else if (outcome.status() == Status.COMPLETED) { // vectors, or a prompt's logprobs
            record(inference, outcome.prefill());
            requestPromptTokens.record(outcome.promptTokens());
        }
    }

    /** vLLM's words for how a request can end; what generates nothing stops when it is done. */
    private static String finishedReason(Outcome outcome) {
        return switch (outcome.status()) {
            case COMPLETED -> outcome.finishReason().isEmpty() ? "stop" : outcome.finishReason();
            case CANCELLED -> "abort";
            case REFUSED -> outcome.finishReason().isEmpty() ? "error" : outcome.finishReason();
            case FAILED, SERVER_DIED -> "error";
            case OPEN -> throw new AssertionError("what is open has no outcome");
        };
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private DistributionSummary seconds(String name, String description, double[] buckets) {
        return summary(name + "_seconds", description, buckets);
    }

    private DistributionSummary summary(String name, String description, double[] buckets) {
        return DistributionSummary.builder(name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .tags(tags)
                .register(registry);
    }

    private static void record(DistributionSummary histogram, Duration time) {
        histogram.record(time.toNanos() / SECOND);
    }
}
