package dev.gufo.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** JSON as the values that requests and templates hold. */
final class PlainJson {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private PlainJson() {}

    /** What a JSON text says, or empty if it is none. */
    static Optional<JsonNode> parse(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            return node.isMissingNode() ? Optional.empty() : Optional.of(node);
        } catch (JsonProcessingException modelWroteNoJson) {
            return Optional.empty();
        }
    }

    /** What a JSON text says as plain values, objects as maps in their order; empty if it is none, or null. */
    static Optional<Object> value(String text) {
        return parse(text).map(node -> JSON.convertValue(node, Object.class));
    }

    /** The text that a JSON string stands for, or empty if it is none. */
    static Optional<String> string(String literal) {
        return parse(literal).filter(JsonNode::isTextual).map(JsonNode::textValue);
    }

    /** The arguments of a call by their JSON text: what a string holds, {@code {}} for null, else the text itself. */
    static String argumentsText(String json) {
        String given = string(json).orElse(json);
        return given.isBlank() || given.equals("null") ? "{}" : given;
    }

    /** The JSON text of a value with a space behind commas and colons, as Python writes it and models were shown it. */
    static String spaced(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(member -> text(String.valueOf(member.getKey())) + ": " + spaced(member.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(PlainJson::spaced).collect(Collectors.joining(", ", "[", "]"));
            case null, default -> text(value);
        };
    }

    /** The JSON text of a value. */
    static String text(@Nullable Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError("plain values can't fail to be written", e);
        }
    }
}
