package dev.gufo.server.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * What the operator wants of a model under one of its names.
 *
 * @param chatTemplate source of a Jinja template that replaces the file's own
 * @param parameters fields of requests that do not have them; not to be changed
 * @param embeddings whether a chat model makes vectors too
 */
public record Profile(Optional<String> chatTemplate, ObjectNode parameters, boolean embeddings) {
    /** Adds nothing to requests. */
    public static final ObjectNode NO_PARAMETERS = new ObjectMapper().createObjectNode();

    /** With this template, and nothing else. */
    public static Profile of(Optional<String> chatTemplate) {
        return new Profile(chatTemplate, NO_PARAMETERS, false);
    }
}
