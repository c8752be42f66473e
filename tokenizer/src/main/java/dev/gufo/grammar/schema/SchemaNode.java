package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A schema inside a document, or one that follows from such: a map of keywords or a boolean. Reading a keyword checks
 * its form.
 *
 * @param value a {@code Map} or a {@code Boolean}; in a derived schema nodes may stand for schemas
 * @param path JSON pointer
 * @param derivation how a schema follows from the one at {@code path}; {@code ""} for that one itself. Both together
 *     tell schemas apart
 */
record SchemaNode(Object value, String path, String derivation) {
    /** Allows everything; stands outside any document. */
    static final SchemaNode ANY = new SchemaNode(true, "any");
    /** Allows objects; stands outside any document. */
    static final SchemaNode OBJECT = new SchemaNode(Map.of("type", "object"), "object");

    SchemaNode {
        if (!(value instanceof Map) && !(value instanceof Boolean)) {
            throw new UnsupportedSchema("schema", path, "must be an object or a boolean");
        }
    }

    SchemaNode(Object value, String path) {
        this(value, path, "");
    }

    /** What tells this schema from all others. */
    String key() {
        return derivation.isEmpty() ? path : path + "\0" + derivation;
    }

    /** Whether the schema is not in the document, but follows from one that is. */
    boolean isDerived() {
        return !derivation.isEmpty();
    }

    /** A schema that follows from this one. */
    SchemaNode derived(String how, Map<String, Object> keywords) {
        return new SchemaNode(keywords, path, derivation + "\0" + how);
    }

    boolean allowsNothing() {
        return Boolean.FALSE.equals(value);
    }

    boolean has(String keyword) {
        return value instanceof Map<?, ?> map && map.containsKey(keyword);
    }

    /** The keyword's value; null if it is absent or JSON's null. */
    @Nullable
    Object get(String keyword) {
        return value instanceof Map<?, ?> map ? map.get(keyword) : null;
    }

    boolean isTrue(String keyword) {
        return Boolean.TRUE.equals(get(keyword));
    }

    UnsupportedSchema refuse(String keyword, String why) {
        return new UnsupportedSchema(keyword, path, why);
    }

    /** A count such as {@code minLength}, at most {@code Integer.MAX_VALUE}; {@code otherwise} if absent. */
    int count(String keyword, int otherwise) {
        Optional<BigDecimal> number = number(keyword);
        if (number.isEmpty()) {
            return otherwise;
        }
        BigDecimal count = number.get();
        if (count.signum() < 0 || count.stripTrailingZeros().scale() > 0) {
            throw refuse(keyword, "must be a whole number that is not negative");
        }
        return count.min(BigDecimal.valueOf(Integer.MAX_VALUE)).intValueExact();
    }

    Optional<BigDecimal> number(String keyword) {
        if (!has(keyword)) {
            return Optional.empty();
        }
        if (!(get(keyword) instanceof Number number)) {
            throw refuse(keyword, "must be a number");
        }
        return Optional.of(JsonValues.decimal(number));
    }

    Optional<String> text(String keyword) {
        if (!has(keyword)) {
            return Optional.empty();
        }
        if (!(get(keyword) instanceof String text)) {
            throw refuse(keyword, "must be a string");
        }
        return Optional.of(text);
    }

    List<String> names(String keyword) {
        List<String> names = new ArrayList<>();
        for (Object item : list(keyword)) {
            if (!(item instanceof String name)) {
                throw refuse(keyword, "must be an array of strings");
            }
            names.add(name);
        }
        return names;
    }

    /** The array at the keyword; empty if absent. */
    List<?> list(String keyword) {
        if (!has(keyword)) {
            return List.of();
        }
        if (!(get(keyword) instanceof List<?> list)) {
            throw refuse(keyword, "must be an array");
        }
        return list;
    }

    Optional<SchemaNode> child(String keyword) {
        return has(keyword) ? Optional.of(schema(get(keyword), keyword)) : Optional.empty();
    }

    List<SchemaNode> children(String keyword) {
        List<SchemaNode> children = new ArrayList<>();
        for (Object item : list(keyword)) {
            children.add(schema(item, keyword + "/" + children.size()));
        }
        return children;
    }

    /** The schemas by name at a keyword such as {@code properties}; empty if absent. */
    Map<String, SchemaNode> members(String keyword) {
        if (!has(keyword)) {
            return Map.of();
        }
        if (!(get(keyword) instanceof Map<?, ?> map)) {
            throw refuse(keyword, "must be an object");
        }
        Map<String, SchemaNode> members = new LinkedHashMap<>();
        map.forEach((name, schema) ->
                members.put((String) name, schema(schema, keyword + "/" + SchemaDocument.escaped((String) name))));
        return members;
    }

    /** The schema of a name at a keyword such as {@code dependentSchemas}, which has it. */
    SchemaNode member(String keyword, String name) {
        return schema(
                ((Map<?, ?>) requireNonNull(get(keyword))).get(name), keyword + "/" + SchemaDocument.escaped(name));
    }

    private SchemaNode schema(@Nullable Object child, String below) {
        if (child instanceof SchemaNode node) {
            return node;
        }
        return isDerived()
                ? new SchemaNode(child == null ? "null" : child, path, derivation + "\0" + below)
                : new SchemaNode(child == null ? "null" : child, path + "/" + below);
    }
}
