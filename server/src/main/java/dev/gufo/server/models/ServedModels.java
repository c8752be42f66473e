package dev.gufo.server.models;

import dev.gufo.engine.ModelRole;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The models that this server answers for, by id; the first is the default. Immutable. */
public final class ServedModels {
    private final SequencedMap<String, ServedModel> byId;

    /** @param models at least one, with different ids */
    public ServedModels(List<ServedModel> models) {
        var map = new LinkedHashMap<String, ServedModel>();
        for (ServedModel model : models) {
            if (map.putIfAbsent(model.id(), model) != null) {
                throw new IllegalArgumentException("two models have the id " + model.id());
            }
        }
        if (map.isEmpty()) {
            throw new IllegalArgumentException("a server needs a model");
        }
        this.byId = Collections.unmodifiableSequencedMap(map);
    }

    /** All of them, the default one first. */
    public Collection<ServedModel> all() {
        return byId.values();
    }

    /** What a request gets that names no model. */
    public ServedModel defaultModel() {
        return byId.firstEntry().getValue();
    }

    /**
     * The model with this id; the default one for {@code ""}.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}
     */
    public ServedModel byId(String id) {
        ServedModel model = id.isEmpty() ? defaultModel() : byId.get(id);
        if (model == null) {
            throw new ApiException(new Problem.ModelNotFound(id));
        }
        return model;
    }

    /**
     * The model with this id; for {@code ""} the first that is loaded and has this role, else the default one.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}
     */
    public ServedModel byId(String id, ModelRole role) {
        if (!id.isEmpty()) {
            return byId(id);
        }
        return all().stream()
                .filter(model -> model.isReadyFor(role))
                .findFirst()
                .orElseGet(this::defaultModel);
    }
}
