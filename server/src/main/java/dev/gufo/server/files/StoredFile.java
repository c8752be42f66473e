package dev.gufo.server.files;

import dev.gufo.server.http.JsonBytes;

/**
 * A file as its row tells of it.
 *
 * @param id names its contents too; made by the server
 * @param key id of the caller whose it is
 * @param created epoch milliseconds
 * @param expires epoch milliseconds; 0 if it stays
 * @param name for people
 * @param bytes of the contents
 * @param sha256 of the contents, hexadecimal
 */
public record StoredFile(
        String id, String key, long created, long expires, String name, String purpose, long bytes, String sha256) {
    private static final long MILLIS = 1_000;

    /** As clients see it: OpenAI's object, and the hash. */
    void writeTo(JsonBytes json) {
        json.raw("{\"id\":").string(id).raw(",\"object\":\"file\",\"bytes\":").number(bytes);
        json.raw(",\"created_at\":").number(created / MILLIS).raw(",\"expires_at\":");
        if (expires == 0) {
            json.raw("null");
        } else {
            json.number(expires / MILLIS);
        }
        json.raw(",\"filename\":").string(name).raw(",\"purpose\":").string(purpose);
        json.raw(",\"status\":\"processed\",\"sha256\":").string(sha256).raw("}");
    }
}
