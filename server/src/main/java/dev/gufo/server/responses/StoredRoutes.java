package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.JsonBytes;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code /v1/responses/{id}}: what is kept of earlier responses. Safe for any thread. */
public final class StoredRoutes {
    private static final int MOST_ITEMS = 100;
    private static final int ITEMS = 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String FIRST = "starting_after";

    private final ResponseStore store;
    private final Following background;

    StoredRoutes(ResponseStore store, Following background) {
        this.store = store;
        this.background = background;
    }

    /**
     * Answers with a response as it is now, or with the events of one that was made in the background.
     *
     * @param counted makes a route of one that counts as a request while it runs; a stream only does at its beginning
     */
    public Handler one(UnaryOperator<Handler> counted) {
        return ctx -> {
            boolean stream = "true".equals(ctx.queryParam("stream"));
            counted.apply(stream ? this::requireBackground : this::whole).handle(ctx);
            if (stream) {
                background.send(ctx, ctx.pathParam("id"), startingAfter(ctx));
            }
        };
    }

    private void whole(Context ctx) throws InterruptedException {
        ctx.contentType("application/json").result(body(ctx));
    }

    private String body(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        return store.body(id, Caller.of(ctx).id()).orElseThrow(() -> notFound(id));
    }

    private void requireBackground(Context ctx) throws InterruptedException {
        long _ = startingAfter(ctx);
        if (!isBackground(body(ctx))) {
            throw ApiException.unsupported("stream", "Only a response in the background can be streamed again.");
        }
    }

    private static boolean isBackground(String body) {
        try {
            return JSON.readTree(body).path("background").asBoolean();
        } catch (JsonProcessingException e) {
            throw new AssertionError("what we wrote can be read", e);
        }
    }

    private static long startingAfter(Context ctx) {
        String text = ctx.queryParam(FIRST);
        if (text == null) {
            return -1;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw ApiException.invalid(FIRST, "'%s' must be the sequence_number of an event.".formatted(FIRST));
        }
        return Long.parseLong(text);
    }

    /** Deletes a response. */
    public void delete(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        if (!store.delete(id, Caller.of(ctx).id())) {
            throw notFound(id);
        }
        background.background().drop(id);
        var json = new JsonBytes();
        json.raw("{\"id\":").string(id).raw(",\"object\":\"response\",\"deleted\":true}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    /** Cancels a response in the background. One that has ended stays as it is, and is the answer too. */
    public void cancel(Context ctx) throws InterruptedException {
        if (!isBackground(body(ctx))) {
            throw ApiException.invalid("id", "Only a response in the background can be cancelled.");
        }
        Optional<String> cancelled = background.background().cancel(ctx.pathParam("id"));
        ctx.contentType("application/json").result(cancelled.isPresent() ? cancelled.get() : body(ctx));
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
