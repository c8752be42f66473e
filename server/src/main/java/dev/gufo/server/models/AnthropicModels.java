package dev.gufo.server.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Models in Anthropic's form, for clients that send {@code anthropic-version}.
 *
 * @see <a href="https://docs.anthropic.com/en/api/models-list">Anthropic's list of models</a>
 */
final class AnthropicModels {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DEFAULT_LIMIT = 20;
    private static final int MOST = 1_000;

    private AnthropicModels() {}

    static boolean areAskedFor(Context ctx) {
        return ctx.header("anthropic-version") != null;
    }

    /**
     * The part of a list that a request asks for.
     *
     * @param all models in OpenAI's form
     * @throws ApiException if it asks for what can't be
     */
    static ObjectNode page(Context ctx, List<ObjectNode> all) {
        int limit = limit(ctx);
        Optional<String> after = Optional.ofNullable(ctx.queryParam("after_id"));
        Optional<String> before = Optional.ofNullable(ctx.queryParam("before_id"));
        if (after.isPresent() && before.isPresent()) {
            throw ApiException.invalid("before_id", "Only one of 'after_id' and 'before_id' can be given.");
        }
        int from = after.map(id -> place(all, id, "after_id") + 1).orElse(0);
        int to = before.map(id -> place(all, id, "before_id")).orElse(all.size());
        boolean more = to - from > limit;
        List<ObjectNode> page = before.isPresent()
                ? all.subList(more ? to - limit : from, to)
                : all.subList(from, more ? from + limit : to);
        ObjectNode list = JSON.createObjectNode();
        list.putArray("data").addAll(page.stream().map(AnthropicModels::of).toList());
        return list.put("has_more", more)
                .put(
                        "first_id",
                        page.isEmpty() ? null : page.getFirst().path("id").textValue())
                .put(
                        "last_id",
                        page.isEmpty() ? null : page.getLast().path("id").textValue());
    }

    private static int limit(Context ctx) {
        String limit = ctx.queryParam("limit");
        if (limit == null) {
            return DEFAULT_LIMIT;
        }
        if (!limit.matches("\\d{1,4}") || Integer.parseInt(limit) < 1 || Integer.parseInt(limit) > MOST) {
            throw ApiException.invalid("limit", "'limit' must be an integer, from 1 to %d.".formatted(MOST));
        }
        return Integer.parseInt(limit);
    }

    private static int place(List<ObjectNode> all, String id, String param) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).path("id").asText().equals(id)) {
                return i;
            }
        }
        throw ApiException.invalid(param, "'%s' names no model of the list.".formatted(param));
    }

    /** One model, made of OpenAI's form. */
    static ObjectNode of(ObjectNode model) {
        ObjectNode told = JSON.createObjectNode()
                .put("type", "model")
                .put("id", model.path("id").textValue())
                .put("display_name", model.path("name").asText(model.path("id").textValue()))
                .put(
                        "created_at",
                        Instant.ofEpochSecond(model.path("created").longValue()).toString());
        if (model.has("max_model_len")) {
            told.set("max_input_tokens", model.get("max_model_len"));
        }
        return told;
    }
}
