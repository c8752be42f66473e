package dev.gufo.server.answer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.List;
import java.util.Map;

/** The form that a request wants its content in. */
public sealed interface AnswerShape {
    /** None. */
    record Free() implements AnswerShape {}

    /**
     * JSON.
     *
     * @param schema a JSON schema as plain values
     * @param param the field that it came from
     */
    record Json(Object schema, String param) implements AnswerShape {}

    /** What a grammar of the request's own allows, in GBNF. */
    record Gbnf(String grammar) implements AnswerShape {}

    /**
     * Reads {@code response_format}, or one of llama.cpp's fields {@code json_schema} and {@code grammar}.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static AnswerShape read(Fields request) {
        List<String> given = List.of("response_format", "json_schema", "grammar").stream()
                .filter(name -> request.any(name).isPresent())
                .toList();
        AnswerShape format =
                request.object("response_format").map(AnswerShape::format).orElse(new Free());
        if (given.size() > 1 && !(given.size() == 2 && given.contains("response_format") && format instanceof Free)) {
            throw ApiException.invalid(
                    given.getLast(), "Only one of 'response_format', 'json_schema' and 'grammar' can be given.");
        }
        if (given.contains("json_schema")) {
            return new Json(schema(request, "json_schema"), "json_schema");
        }
        return request.text("grammar").<AnswerShape>map(Gbnf::new).orElse(format);
    }

    /**
     * JSON of the schema that a field has.
     *
     * @throws ApiException if it is missing, or no schema
     */
    static AnswerShape ofSchema(Fields parent, String name) {
        return new Json(schema(parent, name), parent.at(name));
    }

    private static AnswerShape format(Fields format) {
        String type = format.text("type").orElse("");
        return switch (type) {
            case "text" -> new Free();
            case "json_object" ->
                // llama.cpp lets a schema stand here.
                format.any("schema").isPresent()
                        ? new Json(schema(format, "schema"), format.at("schema"))
                        : new Json(Map.of("type", "object"), format.at("type"));
            case "json_schema" -> {
                Fields json = format.object("json_schema").orElseThrow(() -> Fields.missing(format.at("json_schema")));
                yield new Json(schema(json, "schema"), json.at("schema"));
            }
            default ->
                throw ApiException.invalid(
                        "response_format.type",
                        "'response_format.type' must be 'text', 'json_object' or 'json_schema'.");
        };
    }

    /**
     * The JSON schema in a field, as plain values.
     *
     * @throws ApiException if it is missing or can't be one
     */
    static Object schema(Fields parent, String name) {
        JsonNode schema = parent.any(name).orElseThrow(() -> Fields.missing(parent.at(name)));
        if (!schema.isObject() && !schema.isBoolean()) {
            throw Fields.wrong(parent.at(name), "a JSON schema, which is an object", schema);
        }
        return Fields.plainValue(schema);
    }
}
