package dev.gufo.server.responses;

import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Lists items in pages, as the query of a request says: {@code limit}, {@code order} and {@code after}. */
final class ItemPage {
    private static final int MOST_ITEMS = 100;
    private static final int ITEMS = 20;

    private ItemPage() {}

    /** @param all oldest first */
    static void answer(Context ctx, List<StoredResponse.Item> all) {
        PageQuery query = PageQuery.of(ctx, ITEMS, MOST_ITEMS);
        int limit = query.limit();
        List<StoredResponse.Item> items = new ArrayList<>(all);
        if (!query.ascending()) {
            Collections.reverse(items);
        }
        int from = 0;
        for (int i = 0; query.after().isPresent() && i < items.size(); i++) {
            from = items.get(i).id().equals(query.after().get()) ? i + 1 : from;
        }
        List<StoredResponse.Item> page = items.subList(from, Math.min(items.size(), from + limit));
        ctx.contentType("application/json").result(json(page, from + limit < items.size()));
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
