package dev.gufo.server.status;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.server.access.Caller;
import dev.gufo.server.health.Health;
import dev.gufo.server.health.Part;
import dev.gufo.server.http.ClientConnection;
import dev.gufo.server.http.EventStream;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.metrics.Metrics;
import dev.gufo.server.models.AdminModels;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.pulls.Pulls;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * {@code GET /admin/status}: models, memory and the parts of the server, as they are now. {@code GET /admin/events}:
 * the same as a stream, whenever it has changed. Any thread; each stream belongs to its request's.
 */
public final class StatusRoutes {
    /** Nobody reads faster than this, and the tokens of running requests change all the time. */
    private static final Duration LEAST_GAP = Duration.ofSeconds(1);

    /** Room on a disk changes all the time; told in steps, it is news only when it is some. */
    private static final String FREE_BYTES = "free_bytes";

    private static final long FREE_STEP = 64 << 20;

    private final ServedModels models;
    private final AdminModels adminModels;
    private final Health health;
    private final Metrics metrics;
    private final Pulls pulls;
    private final InFlight inFlight;
    private final Duration heartbeat;
    private final Set<WakeUp> watchers = ConcurrentHashMap.newKeySet();

    /** @param heartbeat a stream that says nothing for so long gets a comment */
    public StatusRoutes(
            ServedModels models,
            AdminModels adminModels,
            Health health,
            Metrics metrics,
            Pulls pulls,
            InFlight inFlight,
            Duration heartbeat) {
        this.models = models;
        this.adminModels = adminModels;
        this.health = health;
        this.metrics = metrics;
        this.pulls = pulls;
        this.inFlight = inFlight;
        this.heartbeat = heartbeat;
        pulls.onChange(() -> watchers.forEach(WakeUp::wake));
        inFlight.onDrain(() -> watchers.forEach(WakeUp::wake)); // a stop does not wait for those who look
    }

    /** Answers once. */
    public void status(Context ctx) {
        ctx.header("Cache-Control", "no-store")
                .contentType("application/json")
                .result(told(Caller.of(ctx)).toString());
    }

    /**
     * Sends an event {@code status} at the start and when something has changed, at most one a second, until the client
     * leaves or the server stops.
     *
     * @throws dev.gufo.server.error.ApiException if the server is being stopped
     * @throws IOException if the client has gone
     */
    public void events(Context ctx) throws IOException, InterruptedException {
        var news = new WakeUp();
        List<Subscription> subscriptions = new ArrayList<>();
        try (InFlight.Entry _ = inFlight.enter()) {
            watchers.add(news);
            pools().forEach(pool -> subscriptions.add(pool.onChange(news::wake)));
            stream(ctx, news);
        } finally {
            subscriptions.forEach(Subscription::close);
            watchers.remove(news);
        }
    }

    private void stream(Context ctx, WakeUp news) throws IOException, InterruptedException {
        var client = new ClientConnection(ctx.req());
        BooleanSupplier goesOn = () -> !inFlight.draining() && !client.isClosed();
        Caller caller = Caller.of(ctx);
        EventStream.begin(ctx);
        OutputStream out = ctx.res().getOutputStream();
        String last = "";
        while (goesOn.getAsBoolean()) {
            String now = told(caller).toString();
            var json = new JsonBytes();
            if (now.equals(last)) {
                json.raw(": ping\n\n");
            } else {
                json.raw("event: status\ndata: ").raw(now).raw("\n\n");
            }
            last = now;
            json.drainTo(out);
            out.flush();
            if (isBusy()) {
                news.await(LEAST_GAP); // tokens are counted without a word
            } else {
                news.await(heartbeat);
                gather(news, LEAST_GAP.dividedBy(10));
            }
        }
    }

    /** Takes in what else changes within some time, so that what changes together is told together. */
    private static void gather(WakeUp news, Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        for (long left = most.toNanos(); left > 0; left = end - System.nanoTime()) {
            news.await(Duration.ofNanos(left));
        }
    }

    /** Whether anything is being computed or downloaded. */
    private boolean isBusy() {
        return pulls.isBusy()
                || models.all().stream()
                        .flatMap(model -> model.residence().ready().stream())
                        .anyMatch(ready -> ready.running() + ready.waiting() > 0);
    }

    private Set<ModelPool> pools() {
        return models.all().stream().map(model -> model.residence().pool()).collect(Collectors.toSet());
    }

    /** With one digit behind the point. */
    private static double millis(double seconds) {
        return Math.round(seconds * 10_000) / 10.0;
    }

    private ObjectNode told(Caller caller) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "server.status");
        ObjectNode parts = json.putObject("parts");
        for (Part part : health.parts()) {
            ObjectNode node = part.node();
            if (node.has(FREE_BYTES)) {
                node.put(FREE_BYTES, node.path(FREE_BYTES).longValue() / FREE_STEP * FREE_STEP);
            }
            parts.set(part.name(), node);
        }
        ObjectNode memory = json.putObject("memory");
        for (ModelPool pool : pools()) {
            var used = pool.used();
            pool.budget()
                    .bytes()
                    .forEach((device, budget) ->
                            memory.putObject(device).put("budget_bytes", budget).put("used_bytes", used.on(device)));
        }
        json.putArray("pulls").addAll(pulls.all());
        var keys = json.putArray("keys");
        for (Metrics.KeyLoad key : metrics.loadByKey()) {
            keys.addObject()
                    .put("id", key.id())
                    .put("name", key.name())
                    .put("running", key.running())
                    .put("waiting", key.waiting());
        }
        var all = json.putArray("models");
        for (ObjectNode model : adminModels.all(caller)) {
            Metrics.Tokens tokens = metrics.tokens(model.path("id").asText());
            model.putObject("tokens")
                    .put("prompt", tokens.prompt())
                    .put("cached", tokens.cached())
                    .put("generated", tokens.generated());
            metrics.gaps(model.path("id").asText())
                    .ifPresent(gaps -> model.putObject("gaps")
                            .put("tokens", gaps.tokens())
                            .put("median_ms", millis(gaps.median()))
                            .put("p99_ms", millis(gaps.p99())));
            all.add(model);
        }
        return json;
    }
}
