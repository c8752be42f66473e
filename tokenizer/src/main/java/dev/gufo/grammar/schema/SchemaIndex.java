package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the names in a document lead that references use: {@code $id} and {@code $anchor}, also as older drafts wrote
 * them.
 */
final class SchemaIndex {
    private static final Set<String> SCHEMAS = Set.of(
            "items",
            "additionalItems",
            "contains",
            "unevaluatedItems",
            "additionalProperties",
            "propertyNames",
            "unevaluatedProperties",
            "not",
            "if",
            "then",
            "else");
    private static final Set<String> LISTS = Set.of("items", "prefixItems", "allOf", "anyOf", "oneOf");
    private static final Set<String> MEMBERS =
            Set.of("$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies");

    private record Place(Object schema, String pointer, String resource, String identifier) {}

    /** By pointer, the identifier of the resource whose root is there; {@code ""} for a document without one. */
    private final Map<String, String> identifiers = new HashMap<>();

    private final Map<String, String> resources = new HashMap<>();
    /** By pointer of a resource, dash and name. */
    private final Map<String, String> anchors = new HashMap<>();

    private final Deque<Place> open = new ArrayDeque<>();

    SchemaIndex(Object root) {
        identifiers.put("", "");
        resources.put("", "");
        open.add(new Place(root, "", "", ""));
        while (!open.isEmpty()) {
            Place place = open.remove();
            if (place.schema instanceof Map<?, ?> schema) {
                look(schema, place);
            }
        }
    }

    private void look(Map<?, ?> schema, Place place) {
        String resource = place.resource;
        String identifier = place.identifier;
        for (String keyword : List.of("$id", "id")) {
            if (!(schema.get(keyword) instanceof String id)) {
                continue;
            }
            if (id.startsWith("#") && id.length() > 1) {
                anchors.putIfAbsent(resource + "#" + id.substring(1), place.pointer);
            } else if (keyword.equals("$id")) {
                Optional<String> absolute = resolved(identifier, id);
                if (absolute.isPresent()) {
                    resource = place.pointer;
                    identifier = absolute.get();
                    identifiers.put(resource, identifier);
                    resources.putIfAbsent(identifier, resource);
                }
            }
        }
        for (String keyword : List.of("$anchor", "$dynamicAnchor")) {
            if (schema.get(keyword) instanceof String name) {
                anchors.putIfAbsent(resource + "#" + name, place.pointer);
            }
        }
        for (Map.Entry<?, ?> entry : schema.entrySet()) {
            String keyword = (String) entry.getKey();
            String pointer = place.pointer + "/" + SchemaDocument.escaped(keyword);
            if (entry.getValue() instanceof Map<?, ?> map && MEMBERS.contains(keyword)) {
                for (Map.Entry<?, ?> member : map.entrySet()) {
                    String below = pointer + "/" + SchemaDocument.escaped((String) member.getKey());
                    open.add(new Place(member.getValue(), below, resource, identifier));
                }
            } else if (entry.getValue() instanceof List<?> list && LISTS.contains(keyword)) {
                for (int i = 0; i < list.size(); i++) {
                    open.add(new Place(list.get(i), pointer + "/" + i, resource, identifier));
                }
            } else if (SCHEMAS.contains(keyword)) {
                open.add(new Place(entry.getValue(), pointer, resource, identifier));
            }
        }
    }

    /**
     * The pointer to the resource that {@code reference}, without its fragment, means in the schema at {@code pointer};
     * empty if it is not here.
     */
    Optional<String> resource(String pointer, String reference) {
        String own = pointer;
        while (!identifiers.containsKey(own)) {
            own = own.substring(0, own.lastIndexOf('/'));
        }
        String from = own;
        return reference.isEmpty()
                ? Optional.of(from)
                : resolved(requireNonNull(identifiers.get(from)), reference).map(resources::get);
    }

    /** The pointer to the schema of this name in a resource; empty if there is none. */
    Optional<String> anchor(String resource, String name) {
        return Optional.ofNullable(anchors.get(resource + "#" + name));
    }

    private static Optional<String> resolved(String identifier, String reference) {
        String plain = reference.endsWith("#") ? reference.substring(0, reference.length() - 1) : reference;
        try {
            URI uri = URI.create(plain);
            return Optional.of(
                    identifier.isEmpty()
                            ? plain
                            : URI.create(identifier).resolve(uri).toString());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
