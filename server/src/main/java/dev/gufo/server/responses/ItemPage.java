package dev.gufo.server.responses;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.JsonBytes;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists items in pages, as the query of a request says: {@code limit}, {@code order} and {@code after}. */
final class ItemPage {
    private static final int MOST_ITEMS = 100;
    private static final int ITEMS = 20;

    private ItemPage() {}

    /** @param all oldest first */
    static void answer(Context ctx, List<StoredResponse.Item> all) {
        int limit = limit(ctx.queryParam("limit"));
        List<StoredResponse.Item> items = new ArrayList<>(all);
        if (!"asc".equals(ctx.queryParam("order"))) {
            Collections.reverse(items);
        }
        String after = ctx.queryParam("after");
        int from = 0;
        for (int i = 0; after != null && i < items.size(); i++) {
            from = items.get(i).id().equals(after) ? i + 1 : from;
        }
        List<StoredResponse.Item> page = items.subList(from, Math.min(items.size(), from + limit));
        ctx.contentType("application/json").result(json(page, from + limit < items.size()));
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

    /** @param more whether there are more behind these */
    static byte[] json(List<StoredResponse.Item> page, boolean more) {
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
}
