package dev.gufo.engine.pool;

import dev.gufo.engine.Engine;

/** What {@link Residents} want done, by somebody who may take his time. */
sealed interface Order {
    /** Answer the question; {@link Residents#answered} hears it. */
    record Decide(Question question) implements Order {}

    /** Start an engine; {@link Residents#started} or {@link Residents#notStarted} hears of it. */
    record Load(String id, Planned planned) implements Order {}

    /**
     * Close an engine; {@link Residents#gone} hears when that has returned.
     *
     * @param why for the log, one phrase
     */
    record Close(String id, Engine engine, String why) implements Order {}
}
