package dev.gufo.engine.pool;

import java.util.List;

/** What is to be done about the model whose turn it is. */
sealed interface Verdict {
    /** There is room: load it so. */
    record Load(Planned planned) implements Verdict {}

    /** There would be room if these left, whom nobody uses. */
    record Evict(List<String> idle) implements Verdict {}

    /** There would be room if these left too, but they are used: nobody else may begin to. */
    record Drain(List<String> busy) implements Verdict {}

    /** There will be room when somebody becomes idle or is gone. */
    record Wait() implements Verdict {}

    /**
     * There will never be room, or there is no such model.
     *
     * @param reason one line for whoever asked, without the names of other models
     */
    record Refuse(String reason) implements Verdict {}
}
