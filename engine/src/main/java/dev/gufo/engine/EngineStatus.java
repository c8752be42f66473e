package dev.gufo.engine;

import java.time.Duration;

/** Where an engine is in its life. */
public sealed interface EngineStatus {
    /**
     * The model is being loaded for the first time.
     *
     * @param percent 0 to 100
     */
    record Loading(int percent) implements EngineStatus {}

    /**
     * Requests are taken.
     *
     * @param running sequences that hold KV memory now
     * @param waiting requests in the queue
     * @param kvUsage share of the KV memory that running sequences fill, 0 to 1
     * @param preemptions how often a sequence had to give its KV memory up and be computed again, since the model was
     *     loaded
     */
    record Ready(int running, int waiting, float kvUsage, long preemptions) implements EngineStatus {
        /** Of an engine that tells no more than that. */
        public Ready(int running, int waiting) {
            this(running, waiting, 0, 0);
        }
    }

    /**
     * The process that held the model is gone and a new one is being started.
     *
     * @param reason why it ended, one line
     * @param retryAfter when asking again is worth it
     */
    record Restarting(String reason, Duration retryAfter) implements EngineStatus {}

    /**
     * The model can't be loaded; no further attempt is made.
     *
     * @param reason what to tell the operator, one line
     */
    record Failed(String reason) implements EngineStatus {}

    /** {@link Engine#close} was called. */
    record Closed() implements EngineStatus {}
}
