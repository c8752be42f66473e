package dev.gufo.server.models;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
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
