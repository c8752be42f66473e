package dev.gufo.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import java.util.Optional;

/** What clients write down about something that is kept, for themselves: the field {@code metadata}. */
public final class Metadata {
    private static final int MAX_PAIRS = 16;
    private static final int MAX_KEY_CHARS = 64;
    private static final int MAX_VALUE_CHARS = 512;

    private Metadata() {}

    /** A request's; empty if it says nothing. */
    public static ObjectNode of(Fields request) {
        Optional<Fields> metadata = request.object("metadata");
        if (metadata.isEmpty()) {
            return JsonNodeFactory.instance.objectNode();
        }
        JsonNode pairs = metadata.get().node();
        if (pairs.size() > MAX_PAIRS) {
            throw ApiException.invalid(
                    "metadata", "'metadata' must have at most %d pairs, has %d.".formatted(MAX_PAIRS, pairs.size()));
        }
        pairs.properties().forEach(pair -> {
            JsonNode value = pair.getValue();
            if (!value.isTextual()
                    || value.textValue().length() > MAX_VALUE_CHARS
                    || pair.getKey().length() > MAX_KEY_CHARS) {
                throw ApiException.invalid(
                        "metadata",
                        "'metadata' must have names of up to %d characters and strings of up to %d."
                                .formatted(MAX_KEY_CHARS, MAX_VALUE_CHARS));
            }
        });
        return (ObjectNode) pairs;
    }
}
