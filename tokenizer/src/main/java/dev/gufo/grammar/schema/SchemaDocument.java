package dev.gufo.grammar.schema;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A schema with all that its references may point at, checked for size, depth and what JSON can hold. */
final class SchemaDocument {
    private record Visit(Object value, int depth, String key) {}

    private final Object root;
    private @Nullable SchemaIndex index;

    SchemaDocument(@Nullable Object root, SchemaLimits limits) {
        this.root = root == null ? "null" : root;
        check(this.root, limits);
    }

    SchemaNode root() {
        return new SchemaNode(root, "");
    }

    /** Walks without recursion: what arrives may be nested as deep as it likes, or contain itself. */
    private static void check(Object root, SchemaLimits limits) {
        Deque<Visit> open = new ArrayDeque<>();
        open.push(new Visit(root, 1, "schema"));
        int nodes = 0;
        long chars = 0;
        while (!open.isEmpty()) {
            Visit visit = open.pop();
            if (++nodes > limits.input().nodes()) {
                throw new UnsupportedSchema(
                        "schema",
                        "",
                        "has more than %d values".formatted(limits.input().nodes()));
            }
            if (visit.depth > 2 * limits.input().depth()) {
                throw new UnsupportedSchema(
                        "schema",
                        "",
                        "is nested deeper than %d".formatted(2 * limits.input().depth()));
            }
            switch (visit.value) {
                case Map<?, ?> map -> {
                    for (Map.Entry<?, ?> entry : map.entrySet()) {
                        if (!(entry.getKey() instanceof String name)) {
                            throw new UnsupportedSchema("schema", "", "has a name that is not a string");
                        }
                        chars += length(name, name);
                        push(open, entry.getValue(), visit.depth + 1, name);
                        requireRoom(open, limits);
                    }
                }
                case List<?> list -> {
                    if (list.size() > limits.input().nodes()) {
                        throw new UnsupportedSchema(
                                visit.key,
                                "",
                                "has more than %d values"
                                        .formatted(limits.input().nodes()));
                    }
                    for (Object item : list) {
                        push(open, item, visit.depth + 1, visit.key);
                    }
                    requireRoom(open, limits);
                }
                case String text -> chars += length(text, visit.key);
                case Number number -> requireReasonable(number, visit.key);
                case Boolean _ -> {}
                default ->
                    throw new UnsupportedSchema(
                            visit.key,
                            "",
                            "holds a " + visit.value.getClass().getSimpleName() + ", which JSON does not have");
            }
            if (chars > limits.input().textChars()) {
                throw new UnsupportedSchema(
                        "schema",
                        "",
                        "has more than %d characters of strings"
                                .formatted(limits.input().textChars()));
            }
        }
    }

    private static int length(String text, String key) {
        if (!JsonValues.isUnicode(text)) {
            throw new UnsupportedSchema(key, "", "holds half a surrogate pair");
        }
        return text.length();
    }

    private static void push(Deque<Visit> open, @Nullable Object value, int depth, String key) {
        if (value != null) {
            open.push(new Visit(value, depth, key));
        }
    }

    private static void requireRoom(Deque<Visit> open, SchemaLimits limits) {
        if (open.size() > limits.input().nodes()) {
            throw new UnsupportedSchema(
                    "schema",
                    "",
                    "has more than %d values".formatted(limits.input().nodes()));
        }
    }

    /** Keeps arithmetic cheap: 1e999999999 is a short text and a long number. */
    private static void requireReasonable(Number number, String key) {
        if (!JsonValues.isReasonable(number)) {
            throw new UnsupportedSchema(key, "", "holds a number beyond 400 digits");
        }
    }

    /** What {@code $ref} of {@code node} points at. */
    SchemaNode target(SchemaNode node) {
        return target(node, "$ref");
    }

    /**
     * All schemas that {@code node} refers to.
     *
     * @throws UnsupportedSchema if where a reference leads depends on what led to it
     */
    List<SchemaNode> targets(SchemaNode node) {
        if (node.has("$recursiveRef")) {
            throw node.refuse("$recursiveRef", "is not supported");
        }
        List<SchemaNode> targets = new ArrayList<>();
        if (node.has("$ref")) {
            targets.add(target(node));
        }
        if (node.has("$dynamicRef")) {
            String reference = node.text("$dynamicRef").orElseThrow();
            String name = reference.substring(reference.indexOf('#') + 1);
            if (!name.startsWith("/") && occurrences(name) > 1) {
                throw node.refuse("$dynamicRef", "is supported with one $dynamicAnchor of its name only");
            }
            targets.add(target(node, "$dynamicRef"));
        }
        return targets;
    }

    /** How many dynamic anchors of this name the document has, wherever they stand. */
    private int occurrences(String name) {
        int found = 0;
        Deque<Object> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            switch (open.pop()) {
                case Map<?, ?> map -> {
                    found += name.equals(map.get("$dynamicAnchor")) ? 1 : 0;
                    map.values().stream().filter(Objects::nonNull).forEach(open::push);
                }
                case List<?> list -> list.stream().filter(Objects::nonNull).forEach(open::push);
                default -> {}
            }
        }
        return found;
    }

    private SchemaNode target(SchemaNode node, String keyword) {
        if (index == null) {
            index = new SchemaIndex(root);
        }
        String reference = node.text(keyword).orElseThrow();
        int hash = reference.indexOf('#');
        String resource = index.resource(node.path(), hash < 0 ? reference : reference.substring(0, hash))
                .orElseThrow(() -> node.refuse(
                        keyword, "must point into the schema itself, for instance to #/$defs/name: " + reference));
        String fragment;
        try {
            fragment = URLDecoder.decode(
                    (hash < 0 ? "" : reference.substring(hash + 1)).replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw node.refuse(keyword, "has a malformed escape: " + reference);
        }
        String place = fragment.isEmpty() || fragment.startsWith("/")
                ? resource + fragment
                : index.anchor(resource, fragment)
                        .orElseThrow(() -> node.refuse(keyword, "points at no schema: " + reference));
        return resolve(node, place, reference);
    }

    private SchemaNode resolve(SchemaNode node, String pointer, String reference) {
        Object at = root;
        StringBuilder path = new StringBuilder();
        String[] names =
                pointer.isEmpty() ? new String[0] : pointer.substring(1).split("/", -1);
        for (String name : names) {
            String key = name.replace("~1", "/").replace("~0", "~");
            at = switch (at) {
                case Map<?, ?> map -> map.get(key);
                case List<?> list ->
                    key.matches("0|[1-9][0-9]{0,4}") && Integer.parseInt(key) < list.size()
                            ? list.get(Integer.parseInt(key))
                            : null;
                case null, default -> null;
            };
            path.append('/').append(escaped(key));
        }
        if (!(at instanceof Map) && !(at instanceof Boolean)) {
            throw node.refuse("$ref", "points at no schema: " + reference);
        }
        return new SchemaNode(at, path.toString());
    }

    /** A name as part of a JSON pointer. */
    static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
