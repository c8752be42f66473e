package dev.gufo.server.models;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * An alias came to mean a model.
 *
 * @param model id of a file's model
 * @param digest of its file then, hexadecimal; {@code ""} if it was not known
 * @param settings whether the settings file said so
 * @param author name of the key that did it; {@code ""} if it was the settings file
 */
public record AliasMove(Instant time, String alias, String model, String digest, boolean settings, String author) {
    /** As administrators see it. */
    public ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("time", time.toString())
                .put("alias", alias)
                .put("model", model)
                .put("digest", digest.isEmpty() ? null : ModelName.told(digest))
                .put("by", settings ? "settings" : "key")
                .put("key", settings ? null : author);
    }
}
