package dev.gufo.server.answer;

import dev.gufo.server.http.JsonBytes;

/**
 * What every part of an answer repeats.
 *
 * @param id for instance {@code chatcmpl-0f1e2d3c4b5a69788796a5b4c3d2e1f0}
 * @param created seconds since 1970
 * @param model id of the model that answers
 * @param fingerprint of the model and its settings
 */
public record AnswerHead(String id, long created, String model, String fingerprint) {
    /** Opens the object of {@code kind} up to and with the field before {@code choices}. */
    public void writeTo(JsonBytes json, String kind) {
        json.raw("{\"id\":")
                .string(id)
                .raw(",\"object\":\"")
                .raw(kind)
                .raw("\",\"created\":")
                .number(created)
                .raw(",\"model\":")
                .string(model)
                .raw(",\"system_fingerprint\":")
                .string(fingerprint);
    }
}
