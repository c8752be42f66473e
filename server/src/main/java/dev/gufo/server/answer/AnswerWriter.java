package dev.gufo.server.answer;

import dev.gufo.server.error.ApiError;
import dev.gufo.server.error.StreamFailure;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/**
 * How an endpoint writes its answers: whole, or as the events of a stream. In a stream come {@link #begin} for each
 * choice, then {@link #progress} and heartbeats, {@link #finish} for each choice, and {@link #end}; or at any time
 * {@link #events} for a failure, and nothing behind it.
 */
public interface AnswerWriter extends Heartbeat, StreamFailure {
    /**
     * Writes the whole answer, in parts as it is made.
     *
     * @param json what is not written yet when this returns
     * @throws IOException if the client has gone
     */
    void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException;

    /**
     * Writes what a choice's stream begins with.
     *
     * @param soFar what is known of the usage: the prompt's tokens, and of those the cached ones if the engine has
     *     begun
     */
    void begin(JsonBytes json, Choice choice, Usage soFar);

    /** Writes what has come of a choice since the last call, if anything. */
    void progress(JsonBytes json, Choice choice);

    /** Writes the rest of a choice and why it ended. */
    void finish(JsonBytes json, Choice choice);

    /** Writes what a stream ends with, after all choices have ended. */
    void end(JsonBytes json, List<Choice> choices, Usage usage);

    /**
     * A stream has ended before its answer did, because the client went away: nothing is written any more.
     *
     * @param choices with what has come
     */
    default void cutOff(List<Choice> choices, Usage usage) {}

    /** Bytes that it holds of the request from the start on, for instance to repeat them. */
    default long bytesHeld() {
        return 0;
    }

    /** Whether it holds the text of its answer until the end, also of a stream. */
    default boolean keepsText() {
        return false;
    }

    /** Whether the same answer, with its id, may be sent again to a client that asks the same. */
    default boolean canBeRepeated() {
        return true;
    }

    @Override
    default void writeTo(JsonBytes json) {
        COMMENT.writeTo(json);
    }

    @Override
    default Optional<byte[]> events(ApiError error) {
        return Optional.empty();
    }
}
