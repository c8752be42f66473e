package dev.gufo.server.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.access.Caller;
import io.javalin.http.Context;
import java.util.Locale;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}, as OpenAI's. */
public final class ModelRoutes {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ServedModels models;

    public ModelRoutes(ServedModels models) {
        this.models = models;
    }

    /** All models that the caller may use, the default one first, loaded or not. */
    public void list(Context ctx) {
        ObjectNode list = JSON.createObjectNode().put("object", "list");
        var data = list.putArray("data");
        Caller caller = Caller.of(ctx);
        models.all().stream()
                .filter(model -> caller.allowsModel(model.id()))
                .forEach(model -> data.add(describe(model)));
        ctx.contentType("application/json").result(list.toString());
    }

    /**
     * One model.
     *
     * @throws dev.gufo.server.error.ApiException if there is none with this id that the caller may use
     */
    public void one(Context ctx) {
        ServedModel model = models.byId(ctx.pathParam("id"));
        Caller.of(ctx).requireModel(model.id());
        ctx.contentType("application/json").result(describe(model).toString());
    }

    private static ObjectNode describe(ServedModel model) {
        ObjectNode node = JSON.createObjectNode()
                .put("id", model.id())
                .put("object", "model")
                .put("created", model.created().getEpochSecond())
                .put("owned_by", "gufo");
        if (model.engine().status() instanceof EngineStatus.Ready) {
            var roles = node.putArray("roles");
            model.engine().model().roles().stream()
                    .sorted()
                    .forEach(role -> roles.add(role.name().toLowerCase(Locale.ROOT)));
        }
        return node;
    }
}
