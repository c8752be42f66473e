package dev.gufo.server.http;

import dev.gufo.server.error.ApiException;
import io.javalin.http.Context;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list a request asks for in its query.
 *
 * @param limit most elements; at least 1
 * @param ascending oldest first
 * @param after id of the element behind which the part begins
 */
public record PageQuery(int limit, boolean ascending, Optional<String> after) {
    /**
     * Reads {@code limit}, {@code order} and {@code after}.
     *
     * @param usual limit of a request that names none
     * @param most largest limit, up to 99,999
     * @throws ApiException if one of them has a wrong value
     */
    public static PageQuery of(Context ctx, int usual, int most) {
        String order = ctx.queryParam("order");
        if (order != null && !order.equals("asc") && !order.equals("desc")) {
            throw ApiException.invalid("order", "'order' must be asc or desc.");
        }
        return new PageQuery(
                limit(ctx.queryParam("limit"), usual, most),
                "asc".equals(order),
                Optional.ofNullable(ctx.queryParam("after")));
    }

    /**
     * The number of elements that a page may have.
     *
     * @param text null for the usual one
     */
    public static int limit(@Nullable String text, int usual, int most) {
        if (text == null) {
            return usual;
        }
        int limit = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > most) {
            throw ApiException.invalid("limit", "'limit' must be 1 to %d.".formatted(most));
        }
        return limit;
    }
}
