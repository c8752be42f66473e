package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.template.Rendering;
import java.util.List;
import org.slf4j.event.Level;

/** From the server to its worker. Ids are chosen by the server and name one call each. */
sealed interface Command extends Frame {
    /**
     * Comes first and once.
     *
     * @param logLevel log lines below it need not be sent
     */
    record Open(EngineSettings settings, Level logLevel) implements Command {}

    /**
     * Answered by {@link Report.Tokenized} or {@link Report.Declined}.
     *
     * @param most once a text has more ids than these, the rest of it and the texts behind it may be left out
     */
    record Tokenize(long id, List<Rendering> texts, Framing framing, int most) implements Command {}

    /** Answered by {@link Report.Pieces}, {@link Report.Invalid} or {@link Report.Declined}. */
    record Detokenize(long id, int[] tokens) implements Command {}

    /** Answered by {@link Report.Accepted} or {@link Report.Declined}; events may overtake the answer. */
    record Generate(long id, GenerationRequest request) implements Command {}

    /** Answered as {@link Generate} is, then followed by {@link Report.Vectors}. */
    record Embed(long id, EmbeddingRequest request) implements Command {}

    /** Not answered; unknown ids are those that ended meanwhile. */
    record Cancel(long id) implements Command {}

    /**
     * Compute with so many CPU threads at most from the next step on. Not answered; comes after the model was loaded.
     */
    record UseThreads(int most) implements Command {}

    /** Close the engine and end the process. */
    record Shutdown() implements Command {}
}
