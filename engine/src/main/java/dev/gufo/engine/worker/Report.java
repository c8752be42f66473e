package dev.gufo.engine.worker;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.ModelInfo;
import java.util.List;
import org.slf4j.event.Level;

/** From a worker to its server. */
sealed interface Report extends Frame {
    /** How far loading is, 0 to 100. */
    record Progress(int percent) implements Report {}

    /** The model is there: calls are taken from now on. */
    record Loaded(ModelInfo model) implements Report {}

    /** The model can't be loaded, or the engine broke later, and why in one line; nothing of use comes after it. */
    record Failed(String reason) implements Report {}

    /** What a call came to. */
    sealed interface Answer extends Report {
        /** The {@link Command}'s id. */
        long id();
    }

    /** The token ids of texts, by text. */
    record Tokenized(long id, List<int[]> tokens) implements Answer {}

    /** What tokens add to the text. */
    record Pieces(long id, byte[][] pieces) implements Answer {}

    /** The request is queued. */
    record Accepted(long id) implements Answer {}

    /** The engine threw instead. */
    record Declined(long id, EngineException cause) implements Answer {}

    /** The engine threw an {@link IllegalArgumentException} instead, with this message. */
    record Invalid(long id, String message) implements Answer {}

    /**
     * What one step of the scheduler brought, for all sequences: two columns, so that an event costs no object but
     * itself.
     *
     * @param running sequences that hold KV memory after the step
     * @param waiting requests in the queue after the step
     * @param kvUsage share of the KV memory that running sequences fill, 0 to 1
     * @param preemptions how often a sequence had to give its KV memory up so far
     * @param ids of the {@link Command.Generate} that each event belongs to
     * @param events as many as ids, each sequence's in order
     */
    record Step(int running, int waiting, float kvUsage, long preemptions, long[] ids, GenerationEvent[] events)
            implements Report {}

    /**
     * Vectors that one step brought, or ends without them.
     *
     * @param ids of the {@link Command.Embed} that each event belongs to
     * @param events as many as ids
     */
    record Vectors(long[] ids, EmbeddingEvent[] events) implements Report {
        public Vectors {
            if (ids.length != events.length) {
                throw new IllegalArgumentException("%d ids for %d events".formatted(ids.length, events.length));
            }
        }
    }

    /** What is kept of computed prompts, whenever that has changed; with the end of a step, at most twice a second. */
    record Caches(CacheUse use) implements Report {}

    /**
     * Comes several times a second, from the start to the end of the process.
     *
     * @param pulse of the engine, {@link dev.gufo.engine.StepEngine#pulse}; 0 until the model is there
     */
    record Beat(long pulse) implements Report {}

    /** The engine is closed; nothing comes but the end of the process, which may take a while. */
    record Closed() implements Report {}

    /** A line of the worker's log, to be logged again under the same name. */
    record Log(Level level, String logger, String message) implements Report {}
}
