package dev.gufo.server.metrics;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Recoveries;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.access.Caller;
import dev.gufo.server.health.Health;
import dev.gufo.server.health.Part;
import dev.gufo.server.log.LogQueue;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.RequestObserver;
import io.javalin.http.Context;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Counts requests as they go, and answers {@code GET /metrics}. Safe for any thread. */
public final class Metrics implements RequestObserver {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final int KEYS = 50;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, ModelMeters> models = new ConcurrentHashMap<>();
    private final Map<String, ServedModel> watched = new ConcurrentHashMap<>(); // gauges hold them weakly
    private final Set<Supplier<Number>> counted = ConcurrentHashMap.newKeySet(); // counters hold them weakly
    private final ServedModels served;
    private final KeyMeters keys = new KeyMeters(registry, KEYS);
    private final PolicyMeters policies = new PolicyMeters(registry);
    private final OpenRequests open = new OpenRequests();

    /** @param served whose engines are asked for their status at every scrape */
    public Metrics(ServedModels served) {
        this.served = served;
        watchModels();
    }

    /** Meters for the models that have not got any yet. */
    private void watchModels() {
        for (ServedModel model : served.all()) {
            if (watched.putIfAbsent(model.id(), model) != null) {
                continue;
            }
            models.computeIfAbsent(model.id(), id -> new ModelMeters(registry, id));
            if (model.isAlias()) {
                continue; // its engine is another one's
            }
            gauge(model, "gufo_num_requests_running", "Requests that hold KV memory.", EngineStatus.Ready::running);
            gauge(model, "gufo_num_requests_waiting", "Requests in the queue.", EngineStatus.Ready::waiting);
            gauge(model, "gufo_kv_cache_usage_perc", "KV memory in use; 1 is all.", EngineStatus.Ready::kvUsage);
            Gauge.builder("gufo_model_ready", model, Metrics::isReady)
                    .description("1 if the model takes requests, else 0.")
                    .tags(tags(model))
                    .register(registry);
            Gauge.builder("gufo_model_loaded", model, Metrics::isLoaded)
                    .description("1 if the model is in memory, else 0.")
                    .tags(tags(model))
                    .register(registry);
            Gauge.builder("gufo_target_gap_seconds", model, Metrics::targetGap)
                    .description(
                            "Gap between two tokens of a stream that new prompts may stretch it to; 0 while not loaded.")
                    .tags(tags(model))
                    .register(registry);
            FunctionCounter.builder("gufo_num_preemptions", model, each -> ready(each, EngineStatus.Ready::preemptions))
                    .description("Requests that gave their KV memory up for a while, since the model was loaded.")
                    .tags(tags(model))
                    .register(registry);
            FunctionCounter.builder("gufo_worker_restarts", model, each -> came(each, Recoveries::restarts))
                    .description(
                            "How often the model's process ended or hung and was started again, since it was loaded.")
                    .tags(tags(model))
                    .register(registry);
            FunctionCounter.builder("gufo_requests_resumed", model, each -> came(each, Recoveries::resumed))
                    .description("How often a request went on in the next process, since the model was loaded.")
                    .tags(tags(model))
                    .register(registry);
        }
    }

    /** Tells how the parts of the server do as well. */
    public void watch(Health health) {
        for (Part part : health.parts()) {
            Gauge.builder(
                            "gufo_part_up",
                            health,
                            asked -> of(asked, part.name()).isFailing() ? 0 : 1)
                    .description("0 if this part of the server fails so that requests can't be answered, else 1.")
                    .tag("part", part.name())
                    .strongReference(true)
                    .register(registry);
        }
        Gauge.builder(
                        "gufo_data_free_bytes",
                        health,
                        asked -> of(asked, "disk").numbers().getOrDefault("free_bytes", 0L))
                .description("Room on the disk of the data folder; 0 if the database is elsewhere.")
                .strongReference(true)
                .register(registry);
        LogQueue.installed()
                .ifPresent(queue -> FunctionCounter.builder("gufo_log_dropped_lines", queue, LogQueue::dropped)
                        .description("Lines of the log that were dropped because its reader was too slow.")
                        .register(registry));
    }

    /**
     * Tells a number that another part of the server knows.
     *
     * @param tag name and value of the only one that it has
     * @param number asked at every scrape, on any thread
     */
    public void gauge(String name, String description, Tag tag, Supplier<Number> number) {
        Gauge.builder(name, number).description(description).tags(Tags.of(tag)).register(registry);
    }

    /** The same of a number that only grows. */
    public void counter(String name, String description, Tag tag, Supplier<Number> number) {
        FunctionCounter.builder(name, number, asked -> asked.get().doubleValue())
                .description(description)
                .tags(Tags.of(tag))
                .register(registry);
        counted.add(number);
    }

    private static Part of(Health health, String name) {
        return health.parts().stream()
                .filter(part -> part.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * What the caller may know, in Prometheus' text format, or in OpenMetrics' if that is asked for: everything for
     * administrators, and for everyone where no key is needed; for other keys the series of their own name and of the
     * models they may use.
     */
    public void scrape(Context ctx) {
        watchModels();
        Caller caller = Caller.of(ctx);
        String accept = ctx.header("Accept");
        String type = accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
        boolean everything = caller.admin() || caller instanceof Caller.Anonymous;
        ctx.contentType(type).result(everything ? registry.scrape(type) : CallerSeries.scrape(registry, type, caller));
    }

    /** Where it is counted what content policies find. */
    public PolicyMeters policies() {
        return policies;
    }

    /**
     * Tokens of one model's requests since the server started.
     *
     * @param prompt of prompts and inputs
     * @param cached of these, what had been computed before
     * @param generated sampled ones
     */
    public record Tokens(long prompt, long cached, long generated) {
        static final Tokens NONE = new Tokens(0, 0, 0);
    }

    /** How many tokens the requests of a model had so far; none of a model that nobody asked. */
    public Tokens tokens(String model) {
        ModelMeters meters = models.get(model);
        return meters == null ? Tokens.NONE : meters.tokens();
    }

    /**
     * Gaps between two tokens of a model's streams in the last minute.
     *
     * @param tokens how many gaps there were, at least 1
     * @param median in seconds
     * @param p99 likewise: one of a hundred is longer
     */
    public record Gaps(long tokens, double median, double p99) {}

    /** The gaps that a model's streams had lately; empty if there were none. */
    public Optional<Gaps> gaps(String model) {
        return Optional.ofNullable(models.get(model)).flatMap(ModelMeters::gaps);
    }

    /**
     * Requests of one key that have not ended.
     *
     * @param id of the key
     * @param name for people
     * @param running those of which a prompt has left its queue
     * @param waiting the others
     */
    public record KeyLoad(String id, String name, int running, int waiting) {
        int all() {
            return running + waiting;
        }

        KeyLoad plus(KeyLoad more) {
            return new KeyLoad(id, name, running + more.running, waiting + more.waiting);
        }
    }

    /** What each key has under way, those with most first. */
    public List<KeyLoad> loadByKey() {
        return open.byKey();
    }

    @Override
    public void accepted(Intent intent) {
        open.accepted(intent);
    }

    @Override
    public void started(Intent intent, int promptTokens, int cachedTokens) {
        open.started(intent);
        of(intent).started(promptTokens, cachedTokens);
    }

    @Override
    public void computed(Intent intent, int tokens) {
        open.started(intent);
        of(intent).computed(tokens);
    }

    @Override
    public void firstToken(Intent intent, Duration sinceArrival) {
        of(intent).firstToken(sinceArrival);
    }

    @Override
    public void moreTokens(Intent intent, int tokens, Duration gap) {
        of(intent).moreTokens(tokens, gap);
    }

    @Override
    public void guessed(Intent intent, Drafts drafts) {
        of(intent).guessed(drafts);
    }

    @Override
    public void settled(Intent intent, Outcome outcome, Duration sinceArrival) {
        open.ended(intent);
        of(intent).settled(outcome, sinceArrival);
        keys.settled(intent.keyName(), outcome);
    }

    /** Requests are accepted for models that are served only, so their number is bounded. */
    private ModelMeters of(Intent intent) {
        return models.computeIfAbsent(intent.model(), model -> new ModelMeters(registry, model));
    }

    private void gauge(ServedModel model, String name, String description, ToDoubleFunction<EngineStatus.Ready> value) {
        Gauge.builder(name, model, each -> ready(each, value))
                .description(description)
                .tags(tags(model))
                .register(registry);
    }

    /** A model that is not ready has nothing to do. */
    private static double ready(ServedModel model, ToDoubleFunction<EngineStatus.Ready> value) {
        return model.residence().ready().map(value::applyAsDouble).orElse(0.0);
    }

    private static double came(ServedModel model, ToDoubleFunction<Recoveries> through) {
        return model.residence()
                .engine()
                .map(Engine::recoveries)
                .map(through::applyAsDouble)
                .orElse(0.0);
    }

    private static double targetGap(ServedModel model) {
        return model.residence()
                .engine()
                .filter(engine -> engine.status() instanceof EngineStatus.Ready)
                .map(engine -> engine.model().targetGap().toNanos() / 1e9)
                .orElse(0.0);
    }

    private static double isLoaded(ServedModel model) {
        return model.residence().residency() instanceof Residency.Loaded ? 1 : 0;
    }

    private static double isReady(ServedModel model) {
        return model.residence().ready().isPresent() ? 1 : 0;
    }

    private static Tags tags(ServedModel model) {
        return Tags.of(ModelMeters.MODEL, model.id());
    }
}
