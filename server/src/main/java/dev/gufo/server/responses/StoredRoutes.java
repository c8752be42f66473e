package dev.gufo.server.responses;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.JsonBytes;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /v1/responses/{id}}: what is kept of earlier responses. Safe for any thread. */
public final class StoredRoutes {
    private static final int MOST_ITEMS = 100;
    private static final int ITEMS = 20;

    private final ResponseStore store;

    public StoredRoutes(ResponseStore store) {
        this.store = store;
    }

    /** Answers with a response as it was. */
    public void one(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        if ("true".equals(ctx.queryParam("stream"))) {
            throw ApiException.unsupported("stream", "A response that is kept can't be streamed again.");
        }
        ctx.contentType("application/json")
                .result(store.body(id, Caller.of(ctx).id()).orElseThrow(() -> notFound(id)));
    }

    /** Deletes a response. */
    public void delete(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        if (!store.delete(id, Caller.of(ctx).id())) {
            throw notFound(id);
        }
        var json = new JsonBytes();
        json.raw("{\"id\":").string(id).raw(",\"object\":\"response\",\"deleted\":true}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    /** Cancelling is for responses in the background, which are not there. */
    public void cancel(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        if (store.body(id, Caller.of(ctx).id()).isEmpty()) {
            throw notFound(id);
        }
        throw ApiException.invalid("id", "Only a response in the background can be cancelled.");
    }

    /** Lists the input of a response, the last item first unless asked otherwise. */
    public void inputItems(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        String key = Caller.of(ctx).id();
        int limit = limit(ctx.queryParam("limit"));
        List<StoredResponse.Item> items = new ArrayList<>(store.input(id, key));
        if (items.isEmpty() && store.body(id, key).isEmpty()) {
            throw notFound(id);
        }
        if (!"asc".equals(ctx.queryParam("order"))) {
            Collections.reverse(items);
        }
        String after = ctx.queryParam("after");
        int from = 0;
        for (int i = 0; after != null && i < items.size(); i++) {
            from = items.get(i).id().equals(after) ? i + 1 : from;
        }
        List<StoredResponse.Item> page = items.subList(from, Math.min(items.size(), from + limit));
        ctx.contentType("application/json").result(list(page, from + limit < items.size()));
    }

    private static int limit(@Nullable String text) {
        if (text == null) {
            return ITEMS;
        }
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MOST_ITEMS) {
            throw ApiException.invalid("limit", "'limit' must be 1 to %d.".formatted(MOST_ITEMS));
        }
        return Integer.parseInt(text);
    }

    private static byte[] list(List<StoredResponse.Item> page, boolean more) {
        var json = new JsonBytes();
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < page.size(); i++) {
            json.raw(i == 0 ? "" : ",").raw(page.get(i).body());
        }
        json.raw("],\"first_id\":");
        cursor(json, page.isEmpty() ? "" : page.getFirst().id());
        json.raw(",\"last_id\":");
        cursor(json, page.isEmpty() ? "" : page.getLast().id());
        return json.raw(",\"has_more\":").raw(Boolean.toString(more)).raw("}").toByteArray();
    }

    private static void cursor(JsonBytes json, String id) {
        if (id.isEmpty()) {
            json.raw("null");
        } else {
            json.string(id);
        }
    }

    private static ApiException notFound(String id) {
        return new ApiException(new Problem.ResponseNotFound(id));
    }
}
