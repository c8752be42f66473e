package dev.gufo.server.answer;

import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** How an endpoint writes its answers: whole, or as the chunks of a stream of events. */
public interface AnswerWriter {
    /**
     * Writes the whole answer, in parts as it is made.
     *
     * @param json what is not written yet when this returns
     * @throws IOException if the client has gone
     */
    void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException;

    /** Writes what a choice's stream begins with. */
    void begin(JsonBytes json, Choice choice);

    /** Writes what has come of a choice since the last call, if anything. */
    void progress(JsonBytes json, Choice choice);

    /** Writes the rest of a choice and why it ended. */
    void finish(JsonBytes json, Choice choice);

    /** Writes the usage, after all choices have ended. */
    void usage(JsonBytes json, Usage usage);
}
