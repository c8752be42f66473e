package dev.gufo.server.docs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The document as a judge: of requests, and of responses, which may have no field that it does not list. */
public final class DocumentedApi {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final JsonNode document;
    private final JsonNode closed;
    /** By the node that is the schema. */
    private final IdentityHashMap<JsonNode, Schema> judges = new IdentityHashMap<>();

    /** @param document as the server sends it */
    public DocumentedApi(JsonNode document) {
        this.document = document;
        this.closed = document.deepCopy();
        close(closed.at("/components/schemas"));
        close(closed.path("paths"));
    }

    /** Has objects refuse what their schemas do not list. */
    private static void close(JsonNode node) {
        if (node.path("properties").isObject()
                && node instanceof ObjectNode schema
                && !schema.has("additionalProperties")) {
            schema.put("additionalProperties", false);
        }
        node.forEach(DocumentedApi::close);
    }

    JsonNode document() {
        return document;
    }

    /** All operations, as {@code GET /v1/models/{id}}. */
    public Set<String> operations() {
        var operations = new TreeSet<String>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
                    if (!method.equals("parameters")) {
                        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        return operations;
    }

    /** The object of an operation that is written as in {@link #operations}. */
    JsonNode operation(String operation) {
        return operation(document, operation);
    }

    private static JsonNode operation(JsonNode document, String operation) {
        String[] parts = operation.split(" ", 2);
        JsonNode found = document.path("paths").path(parts[1]).path(parts[0].toLowerCase(Locale.ROOT));
        if (found.isMissingNode()) {
            throw new AssertionError("not in the document: " + operation);
        }
        return found;
    }

    /** The schema of a request's body. */
    JsonNode requestSchema(String operation) {
        return operation(operation).at("/requestBody/content/application~1json/schema");
    }

    /** What is wrong with a request, in the document's eyes. */
    List<String> requestFaults(String operation, JsonNode body) {
        return faults(document, requestSchema(operation), body);
    }

    /** What a schema is after its reference is followed. */
    JsonNode resolved(JsonNode node) {
        return resolved(document, node);
    }

    private static JsonNode resolved(JsonNode document, JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").textValue().substring(1)) : node;
    }

    /** Why a response is not one that the document tells of; empty if it is. */
    public List<String> faults(String operation, HttpResponse<String> response) {
        String status = Integer.toString(response.statusCode());
        JsonNode told =
                resolved(closed, operation(closed, operation).path("responses").path(status));
        if (told.isMissingNode()) {
            return List.of("status " + status + " of " + operation + " is not documented: " + response.body());
        }
        if (response.body().isEmpty() && told.path("content").isMissingNode()) {
            return List.of();
        }
        String type = response.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
        JsonNode content = told.path("content").path(type);
        if (content.isMissingNode()) {
            return List.of("%s %s with %s is not documented".formatted(operation, status, type));
        }
        return switch (type) {
            case "application/json" -> faults(closed, content.path("schema"), parsed(response.body()));
            case "text/event-stream" -> streamFaults(content.at("/schema/contentSchema"), response.body());
            default -> List.of();
        };
    }

    private List<String> streamFaults(JsonNode schema, String body) {
        var faults = new ArrayList<String>();
        List<String> lines = body.lines()
                .filter(line -> line.startsWith("data: ")) // and not comments and names of events
                .toList();
        for (String line : lines.subList(0, lines.size() - 1)) {
            faults.addAll(faults(closed, schema, parsed(line.substring("data: ".length()))));
        }
        String last = lines.getLast();
        if (last.startsWith("data: {\"error\"")) {
            faults.addAll(
                    faults(closed, closed.at("/components/schemas/Error"), parsed(last.substring("data: ".length()))));
        } else if (!last.equals("data: [DONE]") && !last.equals("data: {\"type\":\"message_stop\"}")) {
            faults.add("the stream ends with " + last);
        }
        return faults;
    }

    static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }

    private List<String> faults(JsonNode document, JsonNode schema, JsonNode value) {
        Schema judge = judges.computeIfAbsent(schema, _ -> {
            ObjectNode root = schema.deepCopy();
            root.set("components", document.path("components"));
            return REGISTRY.getSchema(root);
        });
        return judge
                .validate(value, context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                .stream()
                .map(fault -> fault + " in " + value)
                .toList();
    }
}
