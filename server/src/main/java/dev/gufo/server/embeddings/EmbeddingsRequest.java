package dev.gufo.server.embeddings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.Engine;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.TokenIds;
import dev.gufo.server.policy.ContentChecks.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * An embedding request whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param inputs 1 to {@link #MAX_INPUTS}
 * @param base64 whether vectors are sent as bytes in base64
 * @param dimensions how many numbers of each vector are wanted; empty for all
 */
record EmbeddingsRequest(List<Input> inputs, boolean base64, OptionalInt dimensions) {
    static final int MAX_INPUTS = 2_048;

    /** What to make a vector of. */
    sealed interface Input {
        /** A text, not empty. */
        record Text(String text) implements Input {}

        /** Token ids, at least one, none negative. */
        record Tokens(int[] ids) implements Input {}
    }

    /**
     * Reads a request.
     *
     * @throws ApiException if a field has a wrong type or value
     */
    static EmbeddingsRequest read(Fields fields) {
        JsonNode input = fields.any("input").orElseThrow(() -> ApiException.invalid("input", "'input' is required."));
        OptionalInt dimensions = fields.integer("dimensions", 1, Integer.MAX_VALUE)
                .map(number -> OptionalInt.of(number.intValue()))
                .orElse(OptionalInt.empty());
        return new EmbeddingsRequest(inputs(input), base64(fields), dimensions);
    }

    /** The inputs that are texts. */
    Stream<String> texts() {
        return inputs.stream().filter(Input.Text.class::isInstance).map(input -> ((Input.Text) input).text());
    }

    /** What the inputs say that are texts, by the field that has it. */
    List<Passage> passages() {
        return passages(input -> input instanceof Input.Text(String text) ? Optional.of(text) : Optional.empty());
    }

    /** What the inputs say that are tokens, once these are known to be of a vocabulary. */
    List<Passage> passagesOfTokens(Engine engine) {
        return passages(input -> input instanceof Input.Tokens(int[] ids)
                ? Optional.of(TokenIds.text(engine.pieces(ids)))
                : Optional.empty());
    }

    private List<Passage> passages(Function<Input, Optional<String>> said) {
        var passages = new ArrayList<Passage>();
        for (int i = 0; i < inputs.size(); i++) {
            String field = "input[%d]".formatted(i);
            said.apply(inputs.get(i)).ifPresent(text -> passages.add(new Passage(field, text)));
        }
        return passages;
    }

    private static boolean base64(Fields fields) {
        String format = fields.text("encoding_format").orElse("float");
        return switch (format) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw ApiException.invalid(
                        "encoding_format", "'encoding_format' must be 'float' or 'base64', is '%s'.".formatted(format));
        };
    }

    /** One text, texts, one text's tokens, or several texts' tokens. */
    private static List<Input> inputs(JsonNode input) {
        if (input.isTextual()) {
            return List.of(text("input", input));
        }
        if (!input.isArray()) {
            throw Fields.wrong(
                    "input", "a string, an array of strings, an array of token ids or an array of those", input);
        }
        if (input.isEmpty()) {
            throw ApiException.invalid("input", "'input' must not be empty.");
        }
        if (input.get(0).isNumber()) {
            return List.of(tokens("input", input));
        }
        Fields.requireAtMost(MAX_INPUTS, input, "input");
        boolean texts = input.get(0).isTextual();
        List<Input> inputs = new ArrayList<>(input.size());
        for (int i = 0; i < input.size(); i++) {
            String path = "input[%d]".formatted(i);
            inputs.add(texts ? text(path, input.get(i)) : tokens(path, input.get(i)));
        }
        return inputs;
    }

    private static Input text(String path, JsonNode value) {
        if (!value.isTextual()) {
            throw Fields.wrong(path, "a string as the first input is", value);
        }
        if (value.textValue().isEmpty()) {
            throw ApiException.invalid(path, "'%s' must not be an empty string.".formatted(path));
        }
        return new Input.Text(value.textValue());
    }

    private static Input tokens(String path, JsonNode value) {
        if (!value.isArray()) {
            throw Fields.wrong(path, "a string or an array of token ids", value);
        }
        if (value.isEmpty()) {
            throw ApiException.invalid(path, "'%s' must not be empty.".formatted(path));
        }
        Fields.requireAtMost(TokenIds.MAX_IDS, value, path);
        int[] ids = new int[value.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = value.get(i);
            if (!id.isInt() || id.intValue() < 0) {
                throw Fields.wrong("%s[%d]".formatted(path, i), "a token id, 0 or more", id);
            }
            ids[i] = id.intValue();
        }
        return new Input.Tokens(ids);
    }
}
