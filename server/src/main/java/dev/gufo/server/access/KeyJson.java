package dev.gufo.server.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Keys as JSON, in the admin API and on the command line. Times are seconds since 1970, as in OpenAI's API. */
public final class KeyJson {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String UNLIMITED = "unlimited";

    private KeyJson() {}

    /** A key with all its fields. */
    public static ObjectNode describe(StoredKey key) {
        StoredKey.Terms terms = key.terms();
        ObjectNode json = JSON.createObjectNode()
                .put("id", key.id())
                .put("object", "api_key")
                .put("prefix", key.prefix())
                .put("name", terms.name())
                .put("owner", terms.owner());
        json.set("models", strings(terms.models()));
        json.set("endpoints", strings(terms.endpoints()));
        putTime(json, "expires_at", terms.expires());
        ObjectNode limits = json.putObject("limits");
        terms.limits().values().forEach((limit, value) -> {
            if (value == Limits.UNLIMITED) {
                limits.put(limit.word(), UNLIMITED);
            } else {
                limits.put(limit.word(), value);
            }
        });
        json.put("priority", terms.priority())
                .put("cache_group", terms.cacheGroup())
                .put("policy", terms.policy())
                .put("admin", terms.admin())
                .put("disabled", terms.disabled());
        putTime(json, "created_at", Optional.of(key.created()));
        putTime(json, "last_used_at", key.lastUsed());
        putTime(json, "revoked_at", key.revoked());
        return json;
    }

    /** A key that was just made: all its fields, and in {@code key} the key itself. */
    public static ObjectNode describe(KeyStore.Created created) {
        return describe(created.key()).put("key", created.secret());
    }

    /** Some keys. */
    public static ObjectNode describe(List<StoredKey> keys) {
        ObjectNode json = JSON.createObjectNode().put("object", "list");
        ArrayNode data = json.putArray("data");
        keys.forEach(key -> data.add(describe(key)));
        return json;
    }

    /**
     * What a request changes: the fields that it has. In {@code limits}, a number sets a limit, {@code "unlimited"}
     * lifts it, and null goes back to the default.
     *
     * @param body an object
     * @throws ApiException if a field is unknown or has a wrong type or value
     */
    static UnaryOperator<StoredKey.Terms> change(JsonNode body) {
        List<UnaryOperator<StoredKey.Terms>> changes = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : body.properties()) {
            changes.add(change(field.getKey(), field.getValue()));
        }
        return terms -> {
            StoredKey.Terms changed = terms;
            for (UnaryOperator<StoredKey.Terms> change : changes) {
                changed = change.apply(changed);
            }
            return changed;
        };
    }

    private static UnaryOperator<StoredKey.Terms> change(String name, JsonNode value) {
        return switch (name) {
            case "name" -> with(name, text(name, value), StoredKey.Terms::withName);
            case "owner" -> with(name, text(name, value), StoredKey.Terms::withOwner);
            case "models" -> with(name, patterns(name, value), StoredKey.Terms::withModels);
            case "endpoints" -> with(name, patterns(name, value), StoredKey.Terms::withEndpoints);
            case "expires_at" -> with(name, time(name, value), StoredKey.Terms::withExpires);
            case "limits" -> with(name, limits(value), StoredKey.Terms::withLimits);
            case "priority" -> with(name, integer(name, value), StoredKey.Terms::withPriority);
            case "cache_group" -> with(name, text(name, value), StoredKey.Terms::withCacheGroup);
            case "policy" -> with(name, text(name, value), StoredKey.Terms::withPolicy);
            case "admin" -> with(name, flag(name, value), StoredKey.Terms::withAdmin);
            case "disabled" -> with(name, flag(name, value), StoredKey.Terms::withDisabled);
            default -> throw ApiException.invalid(name, "A key has no field '%s' that can be set.".formatted(name));
        };
    }

    private interface Setter<T> {
        StoredKey.Terms set(StoredKey.Terms terms, T value);
    }

    private static <T> UnaryOperator<StoredKey.Terms> with(String name, T value, Setter<T> setter) {
        return terms -> {
            try {
                return setter.set(terms, value);
            } catch (IllegalArgumentException e) {
                throw ApiException.invalid(name, "Invalid '%s': %s.".formatted(name, e.getMessage()));
            }
        };
    }

    private static String text(String name, JsonNode value) {
        require(value.isTextual(), name, "a string");
        return value.textValue();
    }

    private static boolean flag(String name, JsonNode value) {
        require(value.isBoolean(), name, "a boolean");
        return value.booleanValue();
    }

    private static int integer(String name, JsonNode value) {
        require(value.canConvertToExactIntegral() && value.canConvertToInt(), name, "an integer");
        return value.intValue();
    }

    private static Patterns patterns(String name, JsonNode value) {
        require(value.isArray() || value.isNull(), name, "an array of strings");
        var patterns = new ArrayList<String>();
        for (JsonNode element : value) {
            require(element.isTextual(), name, "an array of strings");
            patterns.add(element.textValue());
        }
        try {
            return new Patterns(patterns);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid(name, "Invalid '%s': %s.".formatted(name, e.getMessage()));
        }
    }

    private static Optional<Instant> time(String name, JsonNode value) {
        String expected = "a time: seconds since 1970, or text such as 2026-12-31T23:59:59Z, or null";
        if (value.isNull()) {
            return Optional.empty();
        }
        try {
            require(value.isTextual() || (value.isIntegralNumber() && value.canConvertToLong()), name, expected);
            Instant time =
                    value.isTextual() ? Instant.parse(value.textValue()) : Instant.ofEpochSecond(value.longValue());
            return Optional.of(time);
        } catch (DateTimeException e) {
            throw ApiException.invalid(name, "'%s' must be %s.".formatted(name, expected));
        }
    }

    private static UnaryOperator<Limits> limits(JsonNode value) {
        require(value.isObject(), "limits", "an object");
        var changes = new EnumMap<Limit, Optional<Long>>(Limit.class);
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            String name = "limits." + field.getKey();
            Limit limit = Limit.named(field.getKey())
                    .orElseThrow(() -> ApiException.invalid(
                            name, "There is no limit '%s'; there are %s.".formatted(field.getKey(), Limit.words())));
            changes.put(limit, number(name, field.getValue()));
        }
        return limits -> limits.with(changes);
    }

    private static Optional<Long> number(String name, JsonNode value) {
        if (value.isNull()) {
            return Optional.empty();
        }
        if (value.isTextual() && value.textValue().equals(UNLIMITED)) {
            return Optional.of(Limits.UNLIMITED);
        }
        boolean good = value.canConvertToExactIntegral()
                && value.canConvertToLong()
                && value.longValue() >= 1
                && value.longValue() <= Limits.MOST;
        require(good, name, "an integer from 1 to %d, \"unlimited\" or null".formatted(Limits.MOST));
        return Optional.of(value.longValue());
    }

    private static void require(boolean holds, String name, String expected) {
        if (!holds) {
            throw ApiException.invalid(name, "'%s' must be %s.".formatted(name, expected));
        }
    }

    private static ArrayNode strings(Patterns patterns) {
        ArrayNode array = JSON.createArrayNode();
        patterns.patterns().forEach(array::add);
        return array;
    }

    private static void putTime(ObjectNode json, String name, Optional<Instant> time) {
        if (time.isPresent()) {
            json.put(name, time.get().getEpochSecond());
        } else {
            json.putNull(name);
        }
    }
}
