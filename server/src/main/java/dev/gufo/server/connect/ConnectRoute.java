package dev.gufo.server.connect;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.store.ModelRole;
import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * {@code GET /v1/connect}, and the same at {@code /admin/connect}: what {@code gufo connect} would write for each
 * agent, to copy. In the place of a key stands what is to be replaced by one. Any thread.
 */
public final class ConnectRoute {
    /** What agents get that need no key: they insist on one. */
    private static final String NO_KEY = "gufo";

    private static final String SOME_KEY = "YOUR_API_KEY";
    private static final Pattern URL = Pattern.compile("https?://[A-Za-z0-9._~:/\\[\\]-]{1,400}");
    private static final Path HOME = Path.of("~");

    private final ServedModels models;

    public ConnectRoute(ServedModels models) {
        this.models = models;
    }

    /**
     * Answers for a model and a place of the server, both of which the query may name.
     *
     * @throws ApiException if there is no such model, it does not chat, or {@code url} is none
     */
    public void list(Context ctx) {
        Caller caller = Caller.of(ctx);
        String wanted = ctx.queryParam("model");
        ServedModel model = models.byId(wanted == null ? "" : wanted, ModelRole.CHAT, caller::allowsModel);
        model.requireRole(ModelRole.CHAT);
        String key = caller instanceof Caller.Anonymous ? NO_KEY : SOME_KEY;
        var server = new AgentServer(url(ctx), key, model.id(), contextTokens(model));
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("object", "list")
                .put("url", server.url())
                .put("model", server.model())
                .put("key", key);
        var data = json.putArray("data");
        for (AgentTool tool : AgentTool.values()) {
            AgentTool.Settings settings = tool.settings(server);
            ObjectNode one = data.addObject()
                    .put("agent", tool.word())
                    .put("title", tool.title())
                    .put("content", settings.text());
            if (!(settings instanceof AgentTool.Settings.Shell)) {
                one.put("file", tool.file(HOME).toString().replace('\\', '/'));
            }
        }
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toString());
    }

    /** As the client says that it reaches this server, else as it did just now. */
    private static String url(Context ctx) {
        String said = ctx.queryParam("url");
        if (said == null) {
            boolean tls = "https".equalsIgnoreCase(ctx.header("X-Forwarded-Proto"));
            return (tls ? "https" : ctx.scheme()) + "://" + ctx.host();
        }
        if (!URL.matcher(said).matches()) {
            throw ApiException.invalid("url", "'url' must be an address such as http://127.0.0.1:8080.");
        }
        return said.replaceAll("/+$", "");
    }

    private static OptionalInt contextTokens(ServedModel model) {
        return model.residence()
                .engine()
                .filter(engine -> engine.status() instanceof EngineStatus.Ready)
                .map(Engine::model)
                .map(info -> OptionalInt.of(info.contextTokens()))
                .orElse(OptionalInt.empty());
    }
}
