package dev.gufo.server.health;

import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;

/** {@code GET /health}: the process answers. {@code GET /ready}: a model does, too. Both are open to everyone. */
public final class HealthRoutes {
    private final ServedModels models;
    private final InFlight inFlight;
    private volatile boolean wasReady; // once that has been seen; from then on a model that is not loaded can be

    public HealthRoutes(ServedModels models, InFlight inFlight) {
        this.models = models;
        this.inFlight = inFlight;
    }

    /** Always 200. */
    public void health(Context ctx) {
        answer(ctx, "{\"status\":\"ok\"}");
    }

    /**
     * 200 if at least one model takes requests, or did and would be loaded for the next one; else the reason why the default model
     * does not.
     *
     * @throws ApiException with {@link Problem.NotReady} or {@link Problem.Draining}
     */
    public void ready(Context ctx) {
        if (inFlight.draining()) {
            throw inFlight.stopping();
        }
        if (canAnswer()) {
            wasReady = true;
        } else {
            // Asked again, because a model may have become ready meanwhile.
            requireReady(models.defaultModel().residence().residency());
        }
        answer(ctx, "{\"status\":\"ready\"}");
    }

    /** Whether a model takes requests, or one that did will be loaded again for the next. */
    private boolean canAnswer() {
        boolean anyReady = models.all().stream()
                .map(ServedModel::residence)
                .anyMatch(residence ->
                        residence.ready().isPresent() || residence.residency() instanceof Residency.Unloading);
        // The first thing that happens to the default model is that it is loaded: if it is not there, it has been.
        return anyReady || models.defaultModel().residence().residency() instanceof Residency.Unloaded;
    }

    private void requireReady(Residency residency) {
        EngineStatus status = switch (residency) {
            case Residency.Loaded loaded -> loaded.engine();
            case Residency.Failed(String reason) -> new EngineStatus.Failed(reason);
            case Residency.Loading(int percent) -> new EngineStatus.Loading(percent);
            case Residency.Waiting _, Residency.Unloaded _, Residency.Unloading _ -> new EngineStatus.Loading(0);
        };
        // A model that could not be loaded again is tried once more by the next request.
        boolean tried = wasReady && (residency instanceof Residency.Failed || status instanceof EngineStatus.Loading);
        if (!(status instanceof EngineStatus.Ready) && !tried) {
            throw new ApiException(new Problem.NotReady(status));
        }
    }

    private static void answer(Context ctx, String json) {
        ctx.contentType("application/json").result(json);
    }
}
