package dev.gufo.server.answer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.AdapterScale;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code lora}: which adapters an answer is generated with, as llama.cpp's server has it but for ids in place of
 * numbers.
 */
public final class LoraFields {
    private static final int MAX_ID_CHARS = 64;

    private LoraFields() {}

    /**
     * Reads and checks the field; that the model has these adapters is for later.
     *
     * @return in the request's order, with different ids; empty if there is none
     * @throws ApiException with the path of the first field that is wrong
     */
    public static List<AdapterScale> read(Fields request) {
        Optional<JsonNode> lora = request.array("lora", AdapterScale.MAX_ADAPTERS);
        if (lora.isEmpty()) {
            return List.of();
        }
        JsonNode array = lora.get();
        List<AdapterScale> adapters = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            String path = "lora[%d]".formatted(i);
            if (!array.get(i).isObject()) {
                throw Fields.wrong(path, "an object with 'id' and 'scale'", array.get(i));
            }
            AdapterScale adapter = adapter(new Fields(array.get(i), path));
            if (adapters.stream().anyMatch(other -> other.id().equals(adapter.id()))) {
                throw ApiException.invalid(path + ".id", "'%s.id' appears twice.".formatted(path));
            }
            adapters.add(adapter);
        }
        return adapters;
    }

    private static AdapterScale adapter(Fields fields) {
        String at = fields.at("id");
        String id = fields.text("id").orElseThrow(() -> ApiException.invalid(at, "'%s' is required.".formatted(at)));
        if (id.isEmpty() || id.length() > MAX_ID_CHARS) {
            throw ApiException.invalid(at, "'%s' must have 1 to %d characters.".formatted(at, MAX_ID_CHARS));
        }
        return new AdapterScale(
                id,
                fields.number("scale", -AdapterScale.MAX_SCALE, AdapterScale.MAX_SCALE)
                        .orElse(1f));
    }

    /**
     * Goes on if the request wants no adapters.
     *
     * @throws ApiException if it does, of a route that computes with the model as it is
     */
    public static void requireNone(Fields request) {
        if (request.any("lora").isPresent()) {
            throw ApiException.unsupported("lora", "'lora' is for chat and completions only.");
        }
    }
}
