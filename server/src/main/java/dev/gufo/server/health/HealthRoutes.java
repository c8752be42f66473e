package dev.gufo.server.health;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code GET /health}: the process answers. {@code GET /ready}: requests are, too. Both are open to everyone. */
public final class HealthRoutes {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ServedModels models;
    private final InFlight inFlight;
    private final Health health;
    private final ErrorResponses errors;
    private volatile boolean wasReady; // once that has been seen; from then on a model that is not loaded can be

    public HealthRoutes(ServedModels models, InFlight inFlight, Health health, ErrorResponses errors) {
        this.models = models;
        this.inFlight = inFlight;
        this.health = health;
        this.errors = errors;
    }

    /** Always 200. */
    public void health(Context ctx) {
        answer(ctx, Map.of("status", "ok"));
    }

    /**
     * 200 if requests would be answered: at least one model takes them, or did and would be loaded for the next one,
     * and no part of the server fails that they need. Else 503 with the reason. Both tell how every part does.
     */
    public void ready(Context ctx) {
        health.probe();
        List<Part> parts = health.parts();
        Optional<Problem> problem = problem(parts);
        var told = new LinkedHashMap<String, Object>();
        told.put("status", problem.isEmpty() ? "ready" : "not ready");
        var states = new LinkedHashMap<String, Object>();
        parts.forEach(part -> states.put(part.name(), part.json()));
        told.put("parts", states);
        ctx.header("Cache-Control", "no-store");
        if (problem.isPresent()) {
            errors.answer(ctx, problem.get(), told);
        } else {
            answer(ctx, told);
        }
    }

    private Optional<Problem> problem(List<Part> parts) {
        if (inFlight.draining()) {
            return Optional.of(inFlight.stopping().problem());
        }
        if (canAnswer()) {
            wasReady = true;
        } else {
            // Asked again, because a model may have become ready meanwhile.
            Optional<Problem> notReady =
                    notReady(models.defaultModel().residence().residency());
            if (notReady.isPresent()) {
                return notReady;
            }
        }
        return parts.stream().filter(Part::isFailing).findFirst().map(HealthRoutes::problem);
    }

    private static Problem problem(Part part) {
        return switch (part.name()) {
            case "ledger" -> new Problem.LedgerUnavailable();
            case "database" -> new Problem.DatabaseUnavailable();
            default -> new Problem.PartFailing(part.reason());
        };
    }

    /** Whether a model takes requests, or one that did will be loaded again for the next. */
    private boolean canAnswer() {
        boolean anyReady = models.all().stream()
                .anyMatch(
                        model -> health.answers(model) || model.residence().residency() instanceof Residency.Unloading);
        // The first thing that happens to the default model is that it is loaded: if it is not there, it has been.
        return anyReady || isUnloaded(models.defaultModel());
    }

    private static boolean isUnloaded(ServedModel model) {
        return model.residence().residency() instanceof Residency.Unloaded;
    }

    private Optional<Problem> notReady(Residency residency) {
        EngineStatus status = switch (residency) {
            case Residency.Loaded loaded -> loaded.engine();
            case Residency.Failed(String reason) -> new EngineStatus.Failed(reason);
            case Residency.Loading(int percent) -> new EngineStatus.Loading(percent);
            case Residency.Waiting _, Residency.Unloaded _, Residency.Unloading _ -> new EngineStatus.Loading(0);
        };
        // A model that could not be loaded again is tried once more by the next request.
        boolean tried = wasReady && (residency instanceof Residency.Failed || status instanceof EngineStatus.Loading);
        return status instanceof EngineStatus.Ready || tried
                ? Optional.empty()
                : Optional.of(new Problem.NotReady(status));
    }

    private static void answer(Context ctx, Map<String, Object> told) {
        try {
            ctx.contentType("application/json").result(JSON.writeValueAsString(told));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("texts and numbers are JSON", e);
        }
    }
}
