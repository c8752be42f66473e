package dev.gufo.server.metrics;

import dev.gufo.server.usage.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is counted for each key. Keys come and go without end and every series costs memory here and in Prometheus, so
 * the first ones are counted by name and all others together. Safe for any thread.
 */
final class KeyMeters {
    /** The label that has a key's name. */
    static final String KEY = "key";

    /** Under which all others are counted; also the name of requests without a key is one that no key has. */
    static final String OTHER = "other";

    static final String NO_KEY = "none";

    private final MeterRegistry registry;
    private final int most;
    private final AtomicInteger named = new AtomicInteger();
    private final Map<String, Meters> byName = new ConcurrentHashMap<>();
    private final Meters other;

    private record Meters(Counter requests, Counter promptTokens, Counter generationTokens) {}

    /** @param most keys that are counted by name */
    KeyMeters(MeterRegistry registry, int most) {
        this.registry = registry;
        this.most = most;
        this.other = meters(OTHER);
    }

    void settled(String keyName, Outcome outcome) {
        Meters meters = of(keyName.isEmpty() ? NO_KEY : keyName);
        meters.requests().increment();
        meters.promptTokens().increment(outcome.promptTokens());
        meters.generationTokens().increment(outcome.completionTokens());
    }

    private Meters of(String name) {
        Meters known = byName.get(name);
        if (known != null || name.equals(OTHER)) {
            return known == null ? other : known;
        }
        if (named.get() >= most) {
            return other;
        }
        return byName.computeIfAbsent(name, fresh -> named.incrementAndGet() > most ? other : meters(fresh));
    }

    private Meters meters(String name) {
        return new Meters(
                counter("gufo_key_requests", "Requests that ended.", name),
                counter("gufo_key_prompt_tokens", "Prompt tokens of requests that ended.", name),
                counter("gufo_key_generation_tokens", "Sampled tokens of requests that ended.", name));
    }

    private Counter counter(String name, String description, String key) {
        return Counter.builder(name).description(description).tag(KEY, key).register(registry);
    }
}
