package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.server.access.Caller;
import io.javalin.http.Context;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code GET /v1/catalog}, and the same at {@code /admin/catalog}: models that could be downloaded, and whether they
 * would fit this machine. Nothing is asked of anyone else for it. Any thread.
 */
public final class CatalogRoute {
    private final ServedModels models;

    public CatalogRoute(ServedModels models) {
        this.models = models;
    }

    /** Answers. How much memory there is, is told to administrators, and to everyone where no key is needed. */
    public void list(Context ctx) {
        ModelPool pool = models.defaultModel().residence().pool();
        Footprint used = pool.used();
        Footprint free = pool.budget().minus(used);
        Set<String> there = Stream.concat(
                        models.all().stream().map(ServedModel::id), models.unserved().keySet().stream())
                .map(id -> id.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = json.putArray("data");
        for (Catalog.Entry entry : Catalog.entries()) {
            data.addObject()
                    .put("id", entry.id())
                    .put("name", entry.name())
                    .put("use", entry.use())
                    .put("parameters", entry.parameters())
                    .put("license", entry.license())
                    .put("source", entry.source())
                    .put("size_bytes", entry.sizeBytes())
                    .put("context_tokens", entry.contextTokens())
                    .put("kv_bytes", entry.kvBytesPerToken() * entry.contextTokens())
                    .put("buffer_bytes", Catalog.BUFFER_BYTES)
                    .put("memory_bytes", entry.memoryBytes())
                    .put("fits", entry.fitsIn(pool.budget()).word())
                    .put("fits_now", entry.fitsIn(free).word())
                    .put("there", there.contains(entry.id()));
        }
        Caller caller = Caller.of(ctx);
        if (caller.admin() || caller instanceof Caller.Anonymous) {
            ObjectNode memory = json.putObject("memory");
            pool.budget()
                    .bytes()
                    .forEach((device, budget) ->
                            memory.putObject(device).put("budget_bytes", budget).put("used_bytes", used.on(device)));
        }
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toString());
    }
}
