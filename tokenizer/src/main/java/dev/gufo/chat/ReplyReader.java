package dev.gufo.chat;

import java.util.List;

/**
 * Reads generated text as it comes: what is content, what reasoning, what a call. Any split of the same text gives the
 * same content, reasoning and calls. Text that can't be read as a call of an offered tool is content exactly as it was
 * generated; whitespace between parts is dropped. A call whose arguments stop being JSON after it began ends there,
 * with the arguments that it had, and what follows is content. For one thread.
 */
public final class ReplyReader {
    private final ReplyText text = new ReplyText();
    private final Deltas deltas = new Deltas();
    private final Reading reading;

    /** How a whole reply is read. */
    interface Reading {
        /** Takes from {@code text} what can be decided. At its end that is everything. */
        void read(ReplyText text);
    }

    /**
     * A reader of one reply.
     *
     * @param tools those offered; if none is, marks of calls are text
     * @param startsInReasoning whether the prompt ended within reasoning
     * @param callIds gives each call its id
     */
    public ReplyReader(ChatFormat format, List<ToolDefinition> tools, boolean startsInReasoning, IdSource callIds) {
        Calls calls = new Calls(deltas, tools, callIds);
        this.reading = switch (format.tools()) {
            case HARMONY -> new HarmonyReading(deltas, calls);
            case FUNCTIONARY -> new RecipientReading(deltas, calls);
            default -> new MarkedReading(format, !tools.isEmpty(), startsInReasoning, deltas, calls);
        };
    }

    /**
     * Takes further text.
     *
     * @param more whole characters; the names of control tokens such as {@code [TOOL_CALLS]} stand in it as text
     * @return what is certain now; neighbours differ in kind
     */
    public List<ReplyDelta> accept(String more) {
        text.append(more);
        reading.read(text);
        return deltas.take();
    }

    /** The text of which it is not certain yet what it is. */
    public String undecided() {
        return deltas.whitespace() + text.rest();
    }

    /** No more text comes: what was held back is decided. */
    public List<ReplyDelta> finish() {
        text.end();
        return decided();
    }

    /**
     * No more text comes, though the model was not done. A call whose mark stands there whole, but not yet its name, is
     * left out: it is no content. Otherwise as {@link #finish}.
     */
    public List<ReplyDelta> cutOff() {
        text.cut();
        return decided();
    }

    private List<ReplyDelta> decided() {
        reading.read(text);
        deltas.finish();
        return deltas.take();
    }
}
