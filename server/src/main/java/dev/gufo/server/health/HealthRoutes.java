package dev.gufo.server.health;

import dev.gufo.engine.EngineStatus;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;

/** {@code GET /health}: the process answers. {@code GET /ready}: a model does, too. Both are open to everyone. */
public final class HealthRoutes {
    private final ServedModels models;
    private final InFlight inFlight;

    public HealthRoutes(ServedModels models, InFlight inFlight) {
        this.models = models;
        this.inFlight = inFlight;
    }

    /** Always 200. */
    public void health(Context ctx) {
        answer(ctx, "{\"status\":\"ok\"}");
    }

    /**
     * 200 if at least one model takes requests; else the reason why the default model does not.
     *
     * @throws ApiException with {@link Problem.NotReady} or {@link Problem.Draining}
     */
    public void ready(Context ctx) {
        if (inFlight.draining()) {
            throw inFlight.stopping();
        }
        boolean anyReady =
                models.all().stream().map(HealthRoutes::status).anyMatch(EngineStatus.Ready.class::isInstance);
        if (!anyReady) {
            // Asked again, because a model may have become ready meanwhile.
            EngineStatus status = status(models.defaultModel());
            if (!(status instanceof EngineStatus.Ready)) {
                throw new ApiException(new Problem.NotReady(status));
            }
        }
        answer(ctx, "{\"status\":\"ready\"}");
    }

    private static EngineStatus status(ServedModel model) {
        return model.engine().status();
    }

    private static void answer(Context ctx, String json) {
        ctx.contentType("application/json").result(json);
    }
}
