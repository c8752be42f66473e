package dev.gufo.server.usage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import io.javalin.http.Context;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** {@code GET /admin/requests}: the last rows of the ledger, the newest first. They hold no content. Any thread. */
public final class RecentRequests {
    private static final int DEFAULT_LIMIT = 50;
    private static final int MOST = 500;
    private static final List<String> ACTIONS = List.of("block", "flag");

    private final Database database;

    public RecentRequests(Database database) {
        this.database = database;
    }

    /**
     * Answers.
     *
     * @throws ApiException if a parameter is wrong
     */
    public void list(Context ctx) {
        var conditions = new ArrayList<String>();
        var values = new ArrayList<Object>();
        equal(ctx, "key", "key_id", conditions, values);
        equal(ctx, "model", "model", conditions, values);
        String status = ctx.queryParam("status");
        if (status != null) {
            if (Arrays.stream(Status.values()).noneMatch(each -> each.word().equals(status))) {
                throw ApiException.invalid(
                        "status",
                        "status must be one of %s."
                                .formatted(Arrays.stream(Status.values())
                                        .map(Status::word)
                                        .collect(Collectors.joining(", "))));
            }
            conditions.add("status = ?");
            values.add(status);
        }
        policy(ctx, conditions, values);
        values.add(limit(ctx));
        String sql =
                "SELECT request_id, key_id, key_name, model, model_digest, endpoint, stream, time, status, finish_reason,"
                        + " prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, queue_ms, prefill_ms, decode_ms,"
                        + " ttft_ms, total_ms, client_gone, policy FROM ledger"
                        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                        + " ORDER BY time DESC, number DESC LIMIT ?";
        List<ObjectNode> rows = database.read(session -> session.list(sql, RecentRequests::row, values.toArray()));
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
        json.putArray("data").addAll(rows);
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toString());
    }

    private static void equal(
            Context ctx, String parameter, String column, List<String> conditions, List<Object> values) {
        String value = ctx.queryParam(parameter);
        if (value != null) {
            conditions.add(column + " = ?");
            values.add(value);
        }
    }

    /** Those in which the content policy found something for which it does this. */
    private static void policy(Context ctx, List<String> conditions, List<Object> values) {
        String action = ctx.queryParam("policy");
        if (action != null) {
            if (!ACTIONS.contains(action)) {
                throw ApiException.invalid("policy", "policy must be one of %s.".formatted(String.join(", ", ACTIONS)));
            }
            conditions.add("policy <> '' AND policy LIKE ?");
            values.add("%% %s %%".formatted(action));
        }
    }

    private static int limit(Context ctx) {
        String text = ctx.queryParam("limit");
        if (text == null) {
            return DEFAULT_LIMIT;
        }
        if (text.matches("\\d{1,4}")) {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= MOST) {
                return limit;
            }
        }
        throw ApiException.invalid("limit", "limit must be 1 to %d.".formatted(MOST));
    }

    private static ObjectNode row(ResultSet row) throws SQLException {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("request_id", row.getString("request_id"))
                .put("time", Instant.ofEpochMilli(row.getLong("time")).toString())
                .put("key_id", row.getString("key_id"))
                .put("key_name", row.getString("key_name"))
                .put("model", row.getString("model"))
                .put("model_digest", row.getString("model_digest"))
                .put("endpoint", row.getString("endpoint"))
                .put("stream", row.getBoolean("stream"))
                .put("status", row.getString("status"))
                .put("finish_reason", row.getString("finish_reason"));
        for (String count : List.of(
                "prompt_tokens",
                "cached_tokens",
                "completion_tokens",
                "reasoning_tokens",
                "queue_ms",
                "prefill_ms",
                "decode_ms")) {
            json.put(count, row.getLong(count));
        }
        for (String time : List.of("ttft_ms", "total_ms")) {
            long millis = row.getLong(time);
            if (row.wasNull()) {
                json.putNull(time);
            } else {
                json.put(time, millis);
            }
        }
        json.put("client_gone", row.getBoolean("client_gone"));
        ArrayNode found = json.putArray("policy");
        for (PolicyHit hit : PolicyHit.of(row.getString("policy"))) {
            found.addObject()
                    .put("direction", hit.direction())
                    .put("action", hit.action())
                    .put("category", hit.category());
        }
        return json;
    }
}
