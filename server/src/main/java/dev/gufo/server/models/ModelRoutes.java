package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Residency;
import dev.gufo.server.access.Caller;
import dev.gufo.store.ModelCard;
import dev.gufo.store.StoredModel;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}, as OpenAI's or, where the client says so, as Anthropic's. */
public final class ModelRoutes {
    private static final String AVAILABLE = "available";
    private static final String FAILED = "failed";

    private final ServedModels models;

    public ModelRoutes(ServedModels models) {
        this.models = models;
    }

    /**
     * All models that the caller may use: those that are served, the default one first, then the others in the models
     * folder.
     */
    public void list(Context ctx) {
        Caller caller = Caller.of(ctx);
        List<ObjectNode> data = new ArrayList<>();
        for (ServedModel model : models.all()) {
            if (caller.allowsModel(model.id())) {
                data.add(describe(models, model, caller));
            }
        }
        models.unserved().values().stream()
                .filter(file -> caller.allowsModel(file.id()))
                .forEach(file -> data.add(describe(models, file)));
        ObjectNode list = AnthropicModels.areAskedFor(ctx) ? AnthropicModels.page(ctx, data) : ModelJson.list(data);
        ctx.contentType("application/json").result(list.toString());
    }

    /**
     * One model.
     *
     * @throws dev.gufo.server.error.ApiException if there is none with this id that the caller may use
     */
    public void one(Context ctx) {
        String id = ctx.pathParam("id");
        Caller caller = Caller.of(ctx);
        caller.requireModel(ModelName.of(id).model());
        Map<String, StoredModel> unserved = models.unserved();
        ObjectNode model = unserved.containsKey(id)
                ? describe(models, unserved.get(id))
                : describe(models, models.byId(id), caller);
        ObjectNode told = AnthropicModels.areAskedFor(ctx) ? AnthropicModels.of(model) : model;
        ctx.contentType("application/json").result(told.toString());
    }

    private static ObjectNode describe(ServedModels models, StoredModel file) {
        ModelCard card = ModelCard.of(file);
        ObjectNode node = ModelJson.of(card);
        models.knownDigest(file).ifPresent(digest -> node.put("digest", ModelName.told(digest)));
        return node.put("status", card.problem().isPresent() ? FAILED : AVAILABLE);
    }

    static ObjectNode describe(ServedModels models, ServedModel model, Caller caller) {
        ObjectNode node = ModelJson.of(model.id(), model.created().getEpochSecond());
        model.file()
                .map(StoredModel::id)
                .filter(file -> model.isAlias() && caller.allowsModel(file))
                .ifPresent(file -> node.put("alias_of", file));
        model.contextTokens().ifPresent(tokens -> node.put("max_model_len", tokens));
        var roles = model.roles();
        if (!roles.isEmpty()) {
            var names = node.putArray("roles");
            roles.stream().sorted().forEach(role -> names.add(role.name().toLowerCase(Locale.ROOT)));
        }
        List<String> adapters = model.adapters();
        if (!adapters.isEmpty()) {
            adapters.forEach(node.putArray("adapters")::add);
        }
        models.digest(model).ifPresent(digest -> node.put("digest", ModelName.told(digest)));
        models.card(model).ifPresent(card -> ModelJson.addDetails(node, card));
        if (model.fileIsGone()) {
            node.put("problem", "its file no longer exists");
        }
        Residency residency = model.residence().residency();
        if (residency instanceof Residency.Loading(int percent)) {
            node.put("percent", percent);
        } else if (residency instanceof Residency.Waiting(int position)) {
            node.put("position", position);
        }
        String status = status(residency);
        return node.put("status", status.equals(AVAILABLE) && node.has("problem") ? FAILED : status);
    }

    /** Where a model is, as a word. */
    static String status(Residency residency) {
        return switch (residency) {
            case Residency.Unloaded() -> AVAILABLE;
            case Residency.Waiting _ -> "waiting";
            case Residency.Loading _ -> "loading";
            case Residency.Loaded loaded when loaded.engine() instanceof EngineStatus.Ready -> "loaded";
            case Residency.Loaded _ -> "not ready";
            case Residency.Unloading _ -> "unloading";
            case Residency.Failed _ -> FAILED;
        };
    }
}
