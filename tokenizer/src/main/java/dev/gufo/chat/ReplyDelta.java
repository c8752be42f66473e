package dev.gufo.chat;

/**
 * A further piece of a reply. For each call one {@link CallBegin} comes first, then its {@link CallArguments}; calls
 * don't interleave, and their indexes are 0, 1, ….
 */
public sealed interface ReplyDelta {
    /**
     * What the user reads.
     *
     * @param text further text; never empty
     */
    record Content(String text) implements ReplyDelta {}

    /**
     * What the model thinks before it answers.
     *
     * @param text further reasoning; never empty
     */
    record Reasoning(String text) implements ReplyDelta {}

    /**
     * A call whose name is known.
     *
     * @param index of this call
     * @param id by which a tool message will answer it
     * @param name of the function, one of those that were offered
     */
    record CallBegin(int index, String id, String name) implements ReplyDelta {}

    /**
     * A piece of a call's arguments.
     *
     * @param index of the call
     * @param json further text of the arguments, never empty; the pieces together are a JSON object if the model wrote
     *     one
     */
    record CallArguments(int index, String json) implements ReplyDelta {}

    /**
     * The call's arguments are complete. A call that is cut off has none: its arguments stay what they are.
     *
     * @param index of the call
     */
    record CallEnd(int index) implements ReplyDelta {}
}
