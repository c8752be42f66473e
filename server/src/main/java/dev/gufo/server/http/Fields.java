package dev.gufo.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import java.util.Optional;

/**
 * A JSON object whose fields are read with their types and ranges; what is wrong is told with the field's path. A field
 * that is {@code null} counts as absent.
 *
 * @param node an object
 * @param path of this object in the request; {@code ""} for the request itself
 */
public record Fields(JsonNode node, String path) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The path of one of its fields. */
    public String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The field as it is. */
    public Optional<JsonNode> any(String name) {
        return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
    }

    public Optional<String> text(String name) {
        return any(name).map(value -> {
            require(value.isTextual(), name, "a string", value);
            return value.textValue();
        });
    }

    public Optional<Boolean> flag(String name) {
        return any(name).map(value -> {
            require(value.isBoolean(), name, "a boolean", value);
            return value.booleanValue();
        });
    }

    public Optional<Fields> object(String name) {
        return any(name).map(value -> {
            require(value.isObject(), name, "an object", value);
            return new Fields(value, at(name));
        });
    }

    /** An array of at most {@code most} elements. */
    public Optional<JsonNode> array(String name, int most) {
        return any(name).map(value -> {
            require(value.isArray(), name, "an array", value);
            requireAtMost(most, value, at(name));
            return value;
        });
    }

    /** The error of a field that has to be there. */
    public static ApiException missing(String path) {
        return ApiException.invalid(path, "'%s' is missing.".formatted(path));
    }

    /**
     * The object at a place of an array.
     *
     * @param path of the array
     */
    public static Fields element(JsonNode array, int index, String path) {
        JsonNode value = array.get(index);
        String at = path + "[" + index + "]";
        if (!value.isObject()) {
            throw wrong(at, "an object", value);
        }
        return new Fields(value, at);
    }

    /**
     * Checks the length of an array.
     *
     * @throws ApiException naming it, its length and the limit
     */
    public static void requireAtMost(int most, JsonNode array, String path) {
        if (array.size() > most) {
            throw ApiException.invalid(
                    path, "'%s' must have at most %d elements, has %d.".formatted(path, most, array.size()));
        }
    }

    /** A finite number in [min, max]. */
    public Optional<Float> number(String name, double min, double max) {
        return any(name).map(value -> {
            double number = value.isNumber() ? value.doubleValue() : Double.NaN;
            // NaN fails both comparisons, so nothing that is not finite gets by.
            require(
                    number >= min && number <= max,
                    name,
                    "a number from %s to %s".formatted(plain(min), plain(max)),
                    value);
            return (float) number;
        });
    }

    /** A whole number in [min, max]; {@code 3.0} is one. */
    public Optional<Long> integer(String name, long min, long max) {
        return any(name).map(value -> {
            boolean whole = value.canConvertToExactIntegral() && value.canConvertToLong();
            long number = whole ? value.longValue() : 0;
            String range = max == Long.MAX_VALUE ? "%d or more".formatted(min) : "from %d to %d".formatted(min, max);
            require(
                    whole && number >= min && number <= max,
                    name,
                    min == Long.MIN_VALUE ? "a 64-bit integer" : "an integer, " + range,
                    value);
            return number;
        });
    }

    /** A JSON value as null, Boolean, Number, String, List or Map. */
    public static Object plainValue(JsonNode value) {
        try {
            return JSON.treeToValue(value, Object.class);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree that was read can be walked", e);
        }
    }

    private void require(boolean holds, String name, String expected, JsonNode value) {
        if (!holds) {
            throw wrong(at(name), expected, value);
        }
    }

    /** Says that the value at {@code path} is not what it must be. */
    public static ApiException wrong(String path, String expected, JsonNode value) {
        return ApiException.invalid(path, "'%s' must be %s, is %s.".formatted(path, expected, describe(value)));
    }

    private static String describe(JsonNode value) {
        return switch (value.getNodeType()) {
            case NUMBER -> value.asText().length() > 40 ? "a long number" : value.asText();
            case BOOLEAN -> value.asText();
            case STRING -> "a string";
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case NULL -> "null";
            case MISSING, BINARY, POJO -> "missing";
        };
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
