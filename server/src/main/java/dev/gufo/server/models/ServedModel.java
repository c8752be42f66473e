package dev.gufo.server.models;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A model as clients see it.
 *
 * @param id what they put into {@code model}; not blank
 * @param engine runs it; is not closed by the server
 * @param chatTemplate source of a Jinja template that replaces the file's own
 * @param created told to clients, whatever it means: usually the time of the model's file
 */
public record ServedModel(String id, Engine engine, Optional<String> chatTemplate, Instant created) {
    public ServedModel {
        Objects.requireNonNull(engine);
        Objects.requireNonNull(chatTemplate);
        Objects.requireNonNull(created);
        if (id.isBlank()) {
            throw new IllegalArgumentException("a model needs an id");
        }
    }

    /** Whether requests are taken and may want {@code role} of it. */
    boolean isReadyFor(ModelRole role) {
        return engine.status() instanceof EngineStatus.Ready
                && engine.model().roles().contains(role);
    }

    /**
     * What is loaded, for a request that wants {@code role} of it.
     *
     * @throws ApiException with {@link Problem.WrongRole} if the model is for something else
     * @throws dev.gufo.engine.EngineException.Refused until the model has been loaded once
     */
    public ModelInfo requireRole(ModelRole role) {
        ModelInfo info = engine.model();
        if (!info.roles().contains(role)) {
            throw new ApiException(
                    switch (role) {
                        case CHAT -> new Problem.WrongRole(id, "does not chat", "name a model whose roles hold chat");
                        case EMBEDDINGS ->
                            new Problem.WrongRole(
                                    id,
                                    "makes no embeddings",
                                    "name a model whose roles hold embeddings, or start Gufo with --embeddings " + id);
                        case RERANK ->
                            new Problem.WrongRole(id, "does not rerank", "name a model whose roles hold rerank");
                    });
        }
        return info;
    }

    /**
     * Goes on if the engine can answer now.
     *
     * @throws ApiException with {@link Problem.NotReady}
     */
    public void requireReady() {
        EngineStatus status = engine.status();
        if (!(status instanceof EngineStatus.Ready)) {
            throw new ApiException(new Problem.NotReady(status));
        }
    }
}
