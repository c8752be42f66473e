package dev.gufo.server.answer;

import dev.gufo.chat.Conversation;
import java.util.stream.Stream;

/**
 * The turn that a request asks the assistant for, whatever API it came through.
 *
 * @param field that holds the messages, for errors: {@code messages} or {@code input}
 * @param conversation what the prompt is made of
 * @param thought what the assistant has thought before the message that it goes on with, or {@code ""}
 * @param beginning what it has already written of that message, or {@code ""}
 * @param tools what it may or must call
 * @param shape form of the content
 * @param topLogprobs candidates to report with each token; -1 for no logprobs
 * @param answer what the request says about the answer
 * @param overflow what becomes of it if it has no room
 */
public record Turn(
        String field,
        Conversation conversation,
        String thought,
        String beginning,
        ToolUse tools,
        AnswerShape shape,
        int topLogprobs,
        AnswerFields answer,
        Overflow overflow) {
    /** What becomes of a turn that has no room. */
    public enum Overflow {
        REFUSED,
        /** Its oldest messages are left out. */
        SHORTENED,
        /** Likewise; its last message is about those before it, and no turn of its own. */
        SHORTENED_BEFORE_THE_LAST
    }

    /** Messages of a request: more than a context of a million tokens holds of short ones that agents exchange. */
    public static final int MAX_MESSAGES = 16_384;

    /** Parts of one message. */
    public static final int MAX_PARTS = 4_096;

    /** Calls of one message. */
    public static final int MAX_CALLS = 1_024;

    /** Tools of a request. */
    public static final int MAX_TOOLS = 128;

    /** The same turn of another conversation. */
    Turn with(Conversation other) {
        return new Turn(field, other, thought, beginning, tools, shape, topLogprobs, answer, overflow);
    }

    /** What its prompt will hold of the request itself. */
    public Stream<String> texts() {
        return Stream.concat(
                conversation.messages().stream().flatMap(message -> message.content().stream()),
                Stream.of(thought, beginning));
    }
}
