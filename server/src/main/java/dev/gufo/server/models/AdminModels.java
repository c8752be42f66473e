package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.Lease;
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
        List<ObjectNode> data = new ArrayList<>();
        models.all().forEach(model -> data.add(describe(ctx, model)));
        ctx.contentType("application/json").result(ModelJson.list(data).toString());
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

    private static boolean isUnloading(ServedModel model) {
        return model.residence().residency() instanceof Residency.Unloading;
    }

    private void answer(Context ctx, boolean done, ServedModel model) {
        ctx.status(done ? 200 : 202)
                .contentType("application/json")
                .result(describe(ctx, model).toString());
    }

    private ObjectNode describe(Context ctx, ServedModel model) {
        ObjectNode node = ModelRoutes.describe(models, model, Caller.of(ctx));
        switch (model.residence().residency()) {
            case Residency.Loaded loaded -> {
                node.put("pinned", loaded.pinned())
                        .put("requests", loaded.leases())
                        .put("last_used", loaded.lastUsed().getEpochSecond());
                ObjectNode bytes = node.putObject("memory_bytes");
                loaded.footprint().bytes().forEach(bytes::put);
            }
            case Residency.Loading(int percent) -> node.put("percent", percent);
            case Residency.Waiting(int position) -> node.put("position", position);
            case Residency.Unloading(int leases) -> node.put("requests", leases);
            case Residency.Failed(String reason) -> node.put("problem", reason);
            case Residency.Unloaded() -> {}
        }
        return node;
    }
}
