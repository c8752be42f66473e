package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;

/** How calls are written: known in a rendering, read from a reply, prescribed by a grammar. Immutable. */
interface CallForm {
    /**
     * Whether a template wrote a call like this.
     *
     * @param turn what it rendered for an assistant's message that only calls {@code name}
     */
    boolean recognizes(String turn, String name);

    /** Where calls begin in a reply. */
    List<Opening> openings();

    /** A parser for the calls from one opening on. */
    CallParser parser(Calls calls);
}
