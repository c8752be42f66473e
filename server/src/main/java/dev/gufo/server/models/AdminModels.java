package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.CacheUse;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Lease;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Planned;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where models are in memory, and having them come and go: {@code /admin/models}, for administrators. Any thread. */
public final class AdminModels {
    private final ServedModels models;
    private final Duration most;

    /** @param most how long a request waits for a model to come or go */
    public AdminModels(ServedModels models, Duration most) {
        this.models = models;
        this.most = most;
    }

    /** {@code GET /admin/models}: all models that are served, with what they take and who uses them. */
    public void list(Context ctx) {
        ctx.contentType("application/json")
                .result(ModelJson.list(all(Caller.of(ctx))).toString());
    }

    /** All models that are served, with what they take and who uses them. */
    public List<ObjectNode> all(Caller caller) {
        List<ObjectNode> data = new ArrayList<>();
        models.all().forEach(model -> data.add(describe(caller, model)));
        return data;
    }

    /**
     * {@code GET /admin/plan}: what each model takes or would take of the memory for models, and whether it fits, alone
     * and beside those that are there now. Nothing is loaded.
     */
    public void plan(Context ctx) {
        List<ObjectNode> data = new ArrayList<>();
        models.all().stream().filter(model -> !model.isAlias()).forEach(model -> data.add(plan(model)));
        ctx.header("Cache-Control", "no-store")
                .contentType("application/json")
                .result(ModelJson.list(data).toString());
    }

    private static ObjectNode plan(ServedModel model) {
        Residency residency = model.residence().residency();
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("id", model.id())
                .put("status", ModelRoutes.status(residency));
        if (residency instanceof Residency.Loaded loaded) {
            put(node, loaded.footprint());
            model.contextTokens().ifPresent(tokens -> node.put("context_tokens", tokens));
            return node.put("fits", true).put("fits_now", true);
        }
        try {
            Planned planned = model.residence().preview();
            ModelPool pool = model.residence().pool();
            put(node, planned.footprint());
            node.put("context_tokens", planned.settings().contextTokens())
                    .put("fits", planned.fits())
                    .put(
                            "fits_now",
                            planned.fits()
                                    && planned.footprint().fitsIn(pool.budget().minus(pool.used())));
            if (!planned.fits()) {
                node.put("problem", planned.refusal());
            }
        } catch (EngineException.Broken e) {
            node.put("fits", false).put("fits_now", false).put("problem", e.forClients());
        }
        return node;
    }

    private static void put(ObjectNode node, Footprint footprint) {
        ObjectNode bytes = node.putObject("memory_bytes");
        footprint.bytes().forEach(bytes::put);
    }

    /**
     * {@code POST /admin/models/{id}/load}: answers when the model is loaded, or with status 202 when that takes longer
     * than requests wait.
     *
     * @throws ApiException with {@link Problem.ModelNotFound} or {@link Problem.LoadFailed}
     */
    public void load(Context ctx) throws InterruptedException {
        ServedModel model = models.byId(ctx.pathParam("id"));
        boolean loaded;
        try (Ticket ticket = model.residence().request()) {
            Optional<Lease> lease = ticket.await(most);
            lease.ifPresent(Lease::close);
            loaded = lease.isPresent();
        } catch (EngineException.Broken e) {
            throw new ApiException(new Problem.LoadFailed(model.id(), e.getMessage()));
        }
        answer(ctx, loaded, model);
    }

    /**
     * {@code POST /admin/models/{id}/unload}: answers when the model has left memory, or with status 202 when its
     * requests take longer than requests wait. Those that come meanwhile have it loaded again.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}
     */
    public void unload(Context ctx) throws InterruptedException {
        ServedModel model = models.byId(ctx.pathParam("id"));
        var news = new WakeUp();
        try (Subscription _ = model.residence().onChange(news::wake)) {
            model.residence().unload();
            long end = System.nanoTime() + most.toNanos();
            for (long left = most.toNanos(); isUnloading(model) && left > 0; left = end - System.nanoTime()) {
                news.await(Duration.ofNanos(left));
            }
        }
        answer(ctx, !isUnloading(model), model);
    }

    /**
     * {@code POST /admin/models/{id}/pin}: has the model stay in memory once it is loaded, until the server ends. Loads
     * nothing.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}
     */
    public void pin(Context ctx) {
        pin(ctx, true);
    }

    /** {@code POST /admin/models/{id}/unpin}: lets it go as others do. Throws as {@link #pin}. */
    public void unpin(Context ctx) {
        pin(ctx, false);
    }

    private void pin(Context ctx, boolean stays) {
        ServedModel model = models.byId(ctx.pathParam("id"));
        model.residence().pin(stays);
        answer(ctx, true, model);
    }

    private static boolean isUnloading(ServedModel model) {
        return model.residence().residency() instanceof Residency.Unloading;
    }

    private void answer(Context ctx, boolean done, ServedModel model) {
        ctx.status(done ? 200 : 202)
                .contentType("application/json")
                .result(describe(Caller.of(ctx), model).toString());
    }

    private ObjectNode describe(Caller caller, ServedModel model) {
        ObjectNode node = ModelRoutes.describe(models, model, caller);
        node.put("pinned", model.residence().isPinned());
        switch (model.residence().residency()) {
            case Residency.Loaded loaded -> {
                node.put("requests", loaded.leases())
                        .put("last_used", loaded.lastUsed().getEpochSecond());
                ObjectNode bytes = node.putObject("memory_bytes");
                loaded.footprint().bytes().forEach(bytes::put);
                if (loaded.engine() instanceof EngineStatus.Ready ready) {
                    node.put("running", ready.running())
                            .put("waiting", ready.waiting())
                            .put("kv_usage", ready.kvUsage())
                            .put("preemptions", ready.preemptions());
                    model.residence().engine().ifPresent(engine -> describe(node, engine));
                }
            }
            case Residency.Unloading(int leases) -> node.put("requests", leases);
            case Residency.Failed(String reason) -> node.put("problem", reason);
            case Residency.Unloaded(), Residency.Loading _, Residency.Waiting _ -> {}
        }
        return node;
    }

    /** @param engine that takes requests */
    private static void describe(ObjectNode node, Engine engine) {
        ModelInfo info = engine.model();
        node.put("sequences", info.sequences());
        if (info.targetGap().isPositive()) {
            node.put("target_gap_ms", info.targetGap().toMillis());
        }
        CacheUse use = engine.caches();
        ObjectNode caches = JsonNodeFactory.instance.objectNode();
        describe(caches, "slots", use.slots());
        describe(caches, "memory", use.memory());
        describe(caches, "disk", use.disk());
        if (!caches.isEmpty()) {
            node.set("caches", caches);
        }
    }

    private static void describe(ObjectNode caches, String name, CacheUse.Tier tier) {
        if (tier.mostBytes() > 0) {
            caches.putObject(name)
                    .put("bytes", tier.bytes())
                    .put("most_bytes", tier.mostBytes())
                    .put("hits", tier.hits())
                    .put("hit_tokens", tier.tokens());
        }
    }
}
