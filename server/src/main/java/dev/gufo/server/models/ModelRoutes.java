package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.access.Caller;
import dev.gufo.store.ModelCard;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}, as OpenAI's. */
public final class ModelRoutes {
    private final ServedModels models;

    public ModelRoutes(ServedModels models) {
        this.models = models;
    }

    /** All models that the caller may use: those that are served, the default one first, then the others in the models folder. */
    public void list(Context ctx) {
        Caller caller = Caller.of(ctx);
        Map<String, ModelCard> stored = models.stored();
        List<ObjectNode> data = new ArrayList<>();
        for (ServedModel model : models.all()) {
            if (caller.allowsModel(model.id())) {
                data.add(describe(model, stored));
            }
        }
        stored.values().stream()
                .filter(card -> !models.isServed(card.id()) && caller.allowsModel(card.id()))
                .forEach(card -> data.add(describe(card)));
        ctx.contentType("application/json").result(ModelJson.list(data).toString());
    }

    /**
     * One model.
     *
     * @throws dev.gufo.server.error.ApiException if there is none with this id that the caller may use
     */
    public void one(Context ctx) {
        String id = ctx.pathParam("id");
        Map<String, ModelCard> stored = models.stored();
        Caller.of(ctx).requireModel(id);
        boolean onDiskOnly = !models.isServed(id) && stored.containsKey(id);
        ObjectNode model = onDiskOnly ? describe(stored.get(id)) : describe(models.byId(id), stored);
        ctx.contentType("application/json").result(model.toString());
    }

    private static ObjectNode describe(ModelCard card) {
        return ModelJson.of(card).put("status", "available");
    }

    private static ObjectNode describe(ServedModel model, Map<String, ModelCard> stored) {
        ObjectNode node = ModelJson.of(model.id(), model.created().getEpochSecond());
        boolean ready = model.engine().status() instanceof EngineStatus.Ready;
        if (ready) {
            var roles = node.putArray("roles");
            model.engine().model().roles().stream()
                    .sorted()
                    .forEach(role -> roles.add(role.name().toLowerCase(Locale.ROOT)));
            List<String> adapters = model.engine().model().adapters();
            if (!adapters.isEmpty()) {
                adapters.forEach(node.putArray("adapters")::add);
            }
        }
        Optional.ofNullable(stored.get(model.id())).ifPresent(card -> ModelJson.addDetails(node, card));
        return node.put("status", ready ? "loaded" : "not ready");
    }
}
