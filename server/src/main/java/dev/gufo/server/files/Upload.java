package dev.gufo.server.files;

import dev.gufo.server.http.JsonBytes;
import java.util.Locale;
import java.util.Optional;

/**
 * A file that comes in parts, as its row tells of it.
 *
 * @param key id of the caller whose it is
 * @param created epoch milliseconds
 * @param expires when it can't be completed any more, likewise
 * @param name of the file
 * @param bytes that the file will have
 * @param lasts seconds that the file stays; 0 as long as any
 * @param file id; {@code ""} until it is completed
 */
record Upload(
        String id,
        String key,
        long created,
        long expires,
        String name,
        String purpose,
        long bytes,
        long lasts,
        Status status,
        String file) {
    private static final long MILLIS = 1_000;

    /** Where it is, in OpenAI's words. */
    enum Status {
        PENDING,
        COMPLETED,
        CANCELLED,
        EXPIRED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Status of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * A part of it that is on disk.
     *
     * @param id names its contents too
     * @param upload id
     * @param sha256 hexadecimal
     */
    record Part(String id, String upload, String key, long bytes, String sha256) {}

    /** How it stands at a time: one whose time is over has expired, whether or not that was noted. */
    Status status(long now) {
        return status == Status.PENDING && expires <= now ? Status.EXPIRED : status;
    }

    /**
     * As clients see it.
     *
     * @param now epoch milliseconds
     * @param made the file, once it is completed
     */
    void writeTo(JsonBytes json, long now, Optional<StoredFile> made) {
        json.raw("{\"id\":").string(id).raw(",\"object\":\"upload\",\"bytes\":").number(bytes);
        json.raw(",\"created_at\":").number(created / MILLIS).raw(",\"expires_at\":");
        json.number(expires / MILLIS).raw(",\"filename\":").string(name).raw(",\"purpose\":");
        json.string(purpose).raw(",\"status\":").string(status(now).word()).raw(",\"file\":");
        if (made.isPresent()) {
            made.get().writeTo(json);
        } else {
            json.raw("null");
        }
        json.raw("}");
    }
}
