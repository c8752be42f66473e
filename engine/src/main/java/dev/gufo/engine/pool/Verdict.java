package dev.gufo.engine.pool;

import java.util.List;

/** What is to be done about the model whose turn it is. */
sealed interface Verdict {
    /** There is room: load it so. */
    record Load(Planned planned) implements Verdict {}

    /** There would be room if these, which are not in use, were evicted. */
    record Evict(List<String> idle) implements Verdict {}

    /** There would be room if these were evicted too, but they are in use: they take no new requests. */
    record Drain(List<String> busy) implements Verdict {}

    /** There will be room when somebody becomes idle or is gone. */
    record Wait() implements Verdict {}

    /**
     * There will never be room, or there is no such model.
     *
     * @param reason one line for the client, without the names of other models
     */
    record Refuse(String reason) implements Verdict {}
}
