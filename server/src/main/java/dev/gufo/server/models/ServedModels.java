package dev.gufo.server.models;

import dev.gufo.engine.ModelRole;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.store.ModelCard;
import dev.gufo.store.StoredModel;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The models that this server answers for, by id; the first is the default. They stay the same; which others are on disk may change.
 */
public final class ServedModels {
    private final SequencedMap<String, ServedModel> byId;
    private final Supplier<List<StoredModel>> stored;

    /** @param models at least one, with different ids */
    public ServedModels(List<ServedModel> models) {
        this(models, List::of);
    }

    /**
     * The same, beside others on disk.
     *
     * @param models at least one, with different ids
     * @param stored the models folder as it is now, served or not; asked by any thread
     */
    public ServedModels(List<ServedModel> models, Supplier<List<StoredModel>> stored) {
        this.stored = stored;
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
     * @throws ApiException with {@link Problem.ModelNotFound} or {@link Problem.ModelNotLoaded}
     */
    public ServedModel byId(String id) {
        ServedModel model = id.isEmpty() ? defaultModel() : byId.get(id);
        if (model == null) {
            boolean onDisk = stored.get().stream().anyMatch(one -> one.id().equals(id));
            throw new ApiException(onDisk ? new Problem.ModelNotLoaded(id) : new Problem.ModelNotFound(id));
        }
        return model;
    }

    /** Whether requests for {@code id} are answered. */
    boolean isServed(String id) {
        return byId.containsKey(id);
    }

    /** What is in the models folder, by id. */
    Map<String, ModelCard> stored() {
        var cards = new TreeMap<String, ModelCard>();
        stored.get().forEach(model -> cards.put(model.id(), ModelCard.of(model)));
        return cards;
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
