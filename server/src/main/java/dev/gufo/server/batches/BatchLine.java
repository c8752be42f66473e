package dev.gufo.server.batches;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.util.Optional;

/**
 * A request of a batch.
 *
 * @param number of its line, from 1
 * @param customId as the caller calls it
 * @param model as the caller calls it; {@code ""} without
 * @param json the body
 */
record BatchLine(int number, String customId, String model, JsonNode json) {
    static final int LONGEST_ID = 512;

    /** Lines have their own limit, and the body is read again within those of requests. */
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** What is wrong with a line. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        private final String code;
        private final String param;

        /** @param param the field at fault; {@code ""} if it is none */
        Wrong(String code, String param, String message) {
            super(message, null, false, false);
            this.code = code;
            this.param = param;
        }

        /** @param line 0 if it is about the file as a whole */
        void writeTo(JsonBytes json, int line) {
            json.raw("{\"code\":").string(code).raw(",\"line\":");
            json.raw(line == 0 ? "null" : Integer.toString(line)).raw(",\"message\":");
            json.string(String.valueOf(getMessage())).raw(",\"param\":");
            if (param.isEmpty()) {
                json.raw("null}");
            } else {
                json.string(param).raw("}");
            }
        }
    }

    /**
     * Reads a line.
     *
     * @param endpoint that every line has to name
     * @param mostBytes of a line, to be told
     * @throws Wrong if it is no request for that
     */
    static BatchLine read(InputLines.Line line, String endpoint, long mostBytes) throws Wrong {
        if (line.tooLong()) {
            throw new Wrong("line_too_long", "", "A line has at most %d bytes.".formatted(mostBytes));
        }
        JsonNode node = parsed(line);
        JsonNode id = node.path("custom_id");
        if (!id.isTextual() || id.textValue().isEmpty() || id.textValue().length() > LONGEST_ID) {
            throw new Wrong(
                    id.isMissingNode() ? "missing_required_parameter" : "invalid_value",
                    "custom_id",
                    "'custom_id' must be a string of 1 to %d characters.".formatted(LONGEST_ID));
        }
        if (!node.path("method").asText().equals("POST")) {
            throw new Wrong("invalid_method", "method", "'method' must be POST.");
        }
        if (!node.path("url").asText().equals(endpoint)) {
            throw new Wrong("invalid_url", "url", "'url' must be %s, the batch's endpoint.".formatted(endpoint));
        }
        JsonNode body = node.path("body");
        if (!body.isObject()) {
            throw new Wrong(
                    body.isMissingNode() ? "missing_required_parameter" : "invalid_value",
                    "body",
                    "'body' must be an object.");
        }
        for (String name : new String[] {"stream", "background"}) {
            if (body.path(name).asBoolean()) {
                throw new Wrong(
                        "unsupported_parameter", "body." + name, "A line of a batch can't have '%s'.".formatted(name));
            }
        }
        JsonNode model = body.path("model");
        if (!model.isTextual() && !model.isMissingNode() && !model.isNull()) {
            throw new Wrong("invalid_value", "body.model", "'model' must be a string.");
        }
        return new BatchLine(line.number(), id.textValue(), model.asText(""), body);
    }

    /** Reads a line of a file that was taken; it is not too long, even if the limit is another one by now. */
    static BatchLine taken(InputLines.Line line, String endpoint) {
        try {
            return read(line, endpoint, Integer.MAX_VALUE);
        } catch (Wrong e) {
            throw new AssertionError("the lines were read before, and their hash is the same", e);
        }
    }

    /** The endpoint that a line names; {@code ""} if it is no request. */
    static String url(byte[] line) {
        try {
            return JSON.readTree(line).path("url").asText();
        } catch (IOException e) {
            return "";
        }
    }

    /** A line that tells what has come of a request; empty if it is none. */
    static Optional<JsonNode> result(byte[] line) {
        try {
            return Optional.of(JSON.readTree(line))
                    .filter(node -> node.path("custom_id").isTextual());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Any line that was written here. */
    static JsonNode written(byte[] line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new AssertionError("what we wrote can be read", e);
        }
    }

    /** The request, as a client would have sent it. */
    String body() {
        return json.toString();
    }

    private static JsonNode parsed(InputLines.Line line) throws Wrong {
        try {
            JsonNode node = JSON.readTree(line.bytes());
            if (node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException e) {
            throw new Wrong("invalid_json_line", "", "The line is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new Wrong("invalid_json_line", "", "The line is not valid JSON: " + e.getMessage());
        }
        throw new Wrong("invalid_json_line", "", "The line is no JSON object.");
    }
}
