package dev.gufo.server.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import io.javalin.http.Context;
import java.io.IOException;

/** What aliases mean and have meant: {@code /admin/aliases}, for administrators. Any thread. */
public final class AdminAliases {
    private static final int LARGEST_BODY = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Aliases aliases;

    public AdminAliases(Aliases aliases) {
        this.aliases = aliases;
    }

    /** {@code GET /admin/aliases}: all moves, the newest first. */
    public void list(Context ctx) {
        ctx.header("Cache-Control", "no-store")
                .contentType("application/json")
                .result(ModelJson.list(
                                aliases.moves().stream().map(AliasMove::json).toList())
                        .toString());
    }

    /**
     * {@code POST /admin/aliases}: has an alias mean another model. Requests that come from now on get that; those that
     * come to other servers on the database do so a second or two later.
     *
     * @throws ApiException if there is no such alias, or no such model
     */
    public void move(Context ctx) throws IOException {
        Fields fields = body(ctx);
        String alias = fields.text("alias").orElseThrow(() -> Fields.missing("alias"));
        String model = fields.text("model").orElseThrow(() -> Fields.missing("model"));
        AliasMove move = aliases.move(alias, model, Caller.of(ctx).name());
        ctx.contentType("application/json").result(move.json().toString());
    }

    private static Fields body(Context ctx) throws IOException {
        byte[] bytes = ctx.req().getInputStream().readNBytes(LARGEST_BODY + 1);
        if (bytes.length > LARGEST_BODY) {
            throw new ApiException(new Problem.BodyTooLarge(LARGEST_BODY));
        }
        try {
            JsonNode node = JSON.readTree(bytes);
            if (node != null && node.isObject()) {
                return new Fields(node, "");
            }
        } catch (JsonProcessingException e) {
            throw ApiException.invalid("", "The body is not valid JSON: " + e.getOriginalMessage());
        }
        throw ApiException.invalid("", "The body must be a JSON object.");
    }
}
