package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /admin/responses}: everyone's kept responses, for administrators, who see whose they are and how large, and
 * nothing of what they say. Safe for any thread.
 */
public final class AdminResponses {
    private static final int MOST_RESPONSES = 100;
    private static final int RESPONSES = 20;
    private static final JsonFactory JSON = new JsonFactory();

    private final ResponseStore store;
    private final Background background;

    AdminResponses(ResponseStore store, Background background) {
        this.store = store;
        this.background = background;
    }

    /**
     * One response.
     *
     * @param key id of its caller
     * @param keyName what operators call the key
     * @param time epoch milliseconds
     * @param unfinished whether it is still to be made, in the background
     * @param beginning of its JSON, at least as long as what stands before its output
     */
    record Row(String id, String key, String keyName, long time, long bytes, boolean unfinished, String beginning) {
        void writeTo(JsonBytes json) {
            Map<String, String> told = told();
            json.raw("{\"id\":").string(id).raw(",\"key_id\":").string(key);
            json.raw(",\"key_name\":").string(keyName);
            json.raw(",\"created_at\":").number(time / 1_000);
            json.raw(",\"bytes\":").number(bytes);
            json.raw(",\"model\":").string(told.getOrDefault("model", ""));
            json.raw(",\"status\":").string(told.getOrDefault("status", "completed"));
            json.raw(",\"unfinished\":").raw(Boolean.toString(unfinished)).raw("}");
        }

        /** Its members that are short texts, up to where its output begins or the text ends. */
        private Map<String, String> told() {
            var texts = new HashMap<String, String>();
            try (JsonParser parser = JSON.createParser(beginning)) {
                parser.nextToken();
                for (String name = parser.nextFieldName();
                        name != null && !name.equals("output");
                        name = parser.nextFieldName()) {
                    if (parser.nextToken() == JsonToken.VALUE_STRING) {
                        texts.put(name, parser.getText());
                    }
                    parser.skipChildren();
                }
            } catch (IOException e) {
                return texts; // it was cut
            }
            return texts;
        }
    }

    /** What is kept in all. */
    record Totals(long responses, long responseBytes, long conversations, long conversationBytes, long unfinished) {}

    /** Lists responses, the newest first, and tells how many there are and what they take. */
    public void list(Context ctx) {
        int limit = PageQuery.limit(ctx.queryParam("limit"), RESPONSES, MOST_RESPONSES);
        boolean unfinished = "true".equals(ctx.queryParam("unfinished"));
        Optional<Row> after = Optional.ofNullable(ctx.queryParam("after"))
                .map(id -> find(id).orElseThrow(
                                () -> ApiException.invalid("after", "'after' must be the id of a response.")));
        record Found(List<Row> rows, Totals totals) {}
        Found found = store.database()
                .read(session ->
                        new Found(ResponseTable.all(session, unfinished, limit, after), ResponseTable.totals(session)));
        boolean more = found.rows().size() > limit;
        List<Row> told = more ? found.rows().subList(0, limit) : found.rows();
        var json = new JsonBytes();
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < told.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            told.get(i).writeTo(json);
        }
        Totals totals = found.totals();
        json.raw("],\"has_more\":").raw(Boolean.toString(more));
        json.raw(",\"totals\":{\"responses\":").number(totals.responses());
        json.raw(",\"response_bytes\":").number(totals.responseBytes());
        json.raw(",\"unfinished\":").number(totals.unfinished());
        json.raw(",\"conversations\":").number(totals.conversations());
        json.raw(",\"conversation_bytes\":").number(totals.conversationBytes());
        json.raw(",\"most_bytes\":").number(store.settings().mostBytes());
        json.raw(",\"retention_seconds\":").number(store.settings().retention().toSeconds());
        json.raw("}}");
        answer(ctx, json);
    }

    /** Cancels a response that is made in the background. One that has ended stays as it is. */
    public void cancel(Context ctx) {
        Row row = found(ctx);
        Optional<String> _ = background.cancel(row.id());
        var json = new JsonBytes();
        found(ctx).writeTo(json);
        answer(ctx, json);
    }

    /** Deletes a response, whosever it is. */
    public void delete(Context ctx) throws InterruptedException {
        Row row = found(ctx);
        if (!store.delete(row.id(), row.key())) {
            throw notFound(row.id());
        }
        background.drop(row.id());
        var json = new JsonBytes();
        json.raw("{\"id\":").string(row.id()).raw(",\"object\":\"response\",\"deleted\":true}");
        answer(ctx, json);
    }

    private Row found(Context ctx) {
        String id = ctx.pathParam("id");
        return find(id).orElseThrow(() -> notFound(id));
    }

    private Optional<Row> find(String id) {
        return store.database().read(session -> ResponseTable.row(session, id));
    }

    private static ApiException notFound(String id) {
        return new ApiException(new Problem.ResponseNotFound(id));
    }

    private static void answer(Context ctx, JsonBytes json) {
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toByteArray());
    }
}
