package dev.gufo.server.http;

import java.util.Optional;

/** How a stream of one API says that it goes on although nothing has come. */
@FunctionalInterface
public interface Heartbeat {
    /** A comment, which clients read over. */
    Heartbeat COMMENT = json -> json.raw(": ping\n\n");

    /** Comments in a stream that waits for its model; nothing where the answer is sent whole. */
    static Optional<Heartbeat> whileLoading(boolean stream) {
        return stream ? Optional.of(json -> json.raw(": loading\n\n")) : Optional.empty();
    }

    /** Writes one, whole. */
    void writeTo(JsonBytes json);
}
