package dev.gufo.server.moderations;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A moderation request whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param inputs at least one, of at least one text each; every one gets a result
 * @param model {@code ""} for what the operator has set
 */
record ModerationRequest(List<List<String>> inputs, String model) {
    static final int MAX_INPUTS = 2_048;

    /** OpenAI's names, which clients send by default. */
    private static final List<String> OPENAI = List.of("omni-moderation-", "text-moderation-");

    /**
     * Reads a request.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static ModerationRequest read(Fields fields) {
        JsonNode input = fields.any("input").orElseThrow(() -> Fields.missing("input"));
        return new ModerationRequest(inputs(input), meant(fields.text("model").orElse("")));
    }

    /** What a name of a model means here; {@code ""} for what the operator has set. */
    static String meant(String model) {
        return OPENAI.stream().anyMatch(model::startsWith) ? "" : model;
    }

    /** A text, texts, or the parts of one input. */
    private static List<List<String>> inputs(JsonNode input) {
        if (input.isTextual()) {
            return List.of(List.of(input.textValue()));
        }
        if (!input.isArray() || input.isEmpty()) {
            throw Fields.wrong("input", "a string, an array of strings or an array of parts, not empty", input);
        }
        Fields.requireAtMost(MAX_INPUTS, input, "input");
        boolean parts = input.get(0).isObject();
        var texts = new ArrayList<String>();
        for (int i = 0; i < input.size(); i++) {
            texts.add(parts ? part(Fields.element(input, i, "input")) : text(input.get(i), "input[%d]".formatted(i)));
        }
        return parts ? List.of(texts) : texts.stream().map(List::of).toList();
    }

    private static String text(JsonNode value, String at) {
        if (!value.isTextual()) {
            throw Fields.wrong(at, "a string", value);
        }
        return value.textValue();
    }

    private static String part(Fields part) {
        Optional<String> type = part.text("type");
        if (type.filter("image_url"::equals).isPresent()) {
            throw ApiException.unsupported(part.at("type"), "Images can't be moderated: only text is supported.");
        }
        if (type.filter("text"::equals).isEmpty()) {
            throw ApiException.invalid(part.at("type"), "'%s' must be 'text'.".formatted(part.at("type")));
        }
        return part.text("text").orElseThrow(() -> Fields.missing(part.at("text")));
    }
}
