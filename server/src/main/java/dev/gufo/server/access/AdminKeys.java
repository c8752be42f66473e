package dev.gufo.server.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * {@code /admin/keys}: administration of the stored keys, for holders of an administrator's key. Safe for any thread.
 */
public final class AdminKeys {
    private static final int LARGEST_BODY = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    /** What a key has before its first change; never stored, as the change must name it. */
    private static final String NAMELESS = "(no name)";

    private final StoredKeys keys;

    public AdminKeys(StoredKeys keys) {
        this.keys = keys;
    }

    /** {@code GET /admin/keys}: all, revoked ones too. */
    public void list(Context ctx) {
        answer(ctx, KeyJson.describe(keys.store().list()));
    }

    /**
     * {@code POST /admin/keys}: makes a key. Its answer is the only place where the key itself is ever seen.
     *
     * @throws ApiException if a field is wrong, or there is no name
     */
    public void create(Context ctx) throws IOException {
        StoredKey.Terms terms = KeyJson.change(body(ctx)).apply(StoredKey.Terms.named(NAMELESS));
        if (terms.name().equals(NAMELESS)) {
            throw ApiException.invalid("name", "A key needs a name.");
        }
        KeyStore.Created created = keys.store().create(terms);
        keys.changed();
        ctx.header("Cache-Control", "no-store");
        answer(ctx, KeyJson.describe(created));
    }

    /** {@code GET /admin/keys/{id}}. */
    public void one(Context ctx) {
        answer(ctx, KeyJson.describe(known(ctx, keys.store().find(id(ctx)))));
    }

    /** {@code PATCH /admin/keys/{id}}: changes the fields that the body has. */
    public void update(Context ctx) throws IOException {
        UnaryOperator<StoredKey.Terms> change = KeyJson.change(body(ctx));
        Optional<StoredKey> updated = keys.store().update(id(ctx), change);
        keys.changed();
        answer(ctx, KeyJson.describe(known(ctx, updated)));
    }

    /** {@code DELETE /admin/keys/{id}}: revokes a key, for good and at once. */
    public void revoke(Context ctx) {
        Optional<StoredKey> revoked = keys.store().revoke(id(ctx));
        keys.changed();
        answer(ctx, KeyJson.describe(known(ctx, revoked)));
    }

    private static String id(Context ctx) {
        return ctx.pathParam("id");
    }

    private static StoredKey known(Context ctx, Optional<StoredKey> key) {
        return key.orElseThrow(() -> new ApiException(new Problem.KeyNotFound(id(ctx))));
    }

    private static void answer(Context ctx, JsonNode json) {
        ctx.contentType("application/json").result(json.toString());
    }

    private static JsonNode body(Context ctx) throws IOException {
        byte[] bytes = ctx.req().getInputStream().readNBytes(LARGEST_BODY + 1);
        if (bytes.length > LARGEST_BODY) {
            throw new ApiException(new Problem.BodyTooLarge(LARGEST_BODY));
        }
        try {
            JsonNode body = JSON.readTree(bytes);
            if (body.isObject()) {
                return body;
            }
        } catch (JsonProcessingException e) {
            throw ApiException.invalid("", "The body is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            // Jackson reports bytes that are no UTF-8 this way; reading from memory can't fail otherwise.
            throw ApiException.invalid("", "The body is not valid JSON: " + e.getMessage());
        }
        throw ApiException.invalid("", "The body must be a JSON object.");
    }
}
