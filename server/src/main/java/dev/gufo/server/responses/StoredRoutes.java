package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.JsonBytes;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** {@code /v1/responses/{id}}: what is kept of earlier responses. Safe for any thread. */
public final class StoredRoutes {
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
        List<StoredResponse.Item> items = store.input(id, key);
        if (items.isEmpty() && store.body(id, key).isEmpty()) {
            throw notFound(id);
        }
        ItemPage.answer(ctx, items);
    }

    private static ApiException notFound(String id) {
        return new ApiException(new Problem.ResponseNotFound(id));
    }
}
