package dev.gufo.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What content policies found. Categories are those of the operator's file and of guard models, so their number is
 * bounded. Safe for any thread.
 */
public final class PolicyMeters {
    private final MeterRegistry registry;

    PolicyMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Content had a category for which something is done.
     *
     * @param direction {@code input} or {@code output}
     * @param action {@code block} or {@code flag}
     */
    public void hit(String direction, String category, String action) {
        Counter.builder("gufo_content_policy_hits")
                .description("Requests and answers with content for which the policy does something.")
                .tag("direction", direction)
                .tag("category", category)
                .tag("action", action)
                .register(registry)
                .increment();
    }

    /** Content could not be checked. */
    public void failed(String direction) {
        Counter.builder("gufo_content_policy_failures")
                .description("Requests and answers that could not be checked.")
                .tag("direction", direction)
                .register(registry)
                .increment();
    }
}
