package dev.gufo.server.responses;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.ReplyDelta;
import dev.gufo.chat.Role;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.JsonBytes;
import java.io.OutputStream;
import java.util.List;
import java.util.stream.Stream;

/**
 * A dialogue made shorter: the messages that are not the assistant's as they are, and one item that has the model's
 * summary of the whole, sealed. Belongs to the request's thread.
 *
 * @param created epoch seconds
 * @param messages as they are given back, in order
 * @param itemId of the item with the summary
 */
record Compaction(String id, long created, List<StoredResponse.Item> messages, String itemId, ReasoningSeal seal)
        implements AnswerWriter {
    private static final String ASKS = """
            Sum up this conversation for the assistant who goes on with it. It will see the user's messages and your summary, and nothing else of what came before.
            Say what was done and found, what was decided and why, which names, files, commands and numbers still matter, and what is left to do.
            Write the summary only. Call no tools.""";

    private static final String BEGINNING = "A summary of the conversation so far:\n\n";

    /**
     * The turn that asks for the summary. Its tools are shown as before, so that what is cached of the dialogue's
     * prompt serves here too, and none can be called.
     */
    static Turn asking(Turn turn) {
        Conversation dialogue = turn.conversation();
        AnswerFields answer = turn.answer();
        return new Turn(
                turn.field(),
                new Conversation(
                        Stream.concat(dialogue.messages().stream(), Stream.of(ChatMessage.of(Role.USER, ASKS)))
                                .toList(),
                        dialogue.tools(),
                        dialogue.templateArguments()),
                "",
                "",
                new ToolUse(turn.tools().offered(), List.of(), false, false),
                new AnswerShape.Free(),
                -1,
                new AnswerFields(
                        answer.sampling(),
                        List.of(),
                        answer.maxTokens(),
                        1,
                        false,
                        false,
                        true,
                        answer.timings(),
                        answer.adapters(),
                        answer.deterministic(),
                        answer.speculate()),
                Turn.Overflow.SHORTENED_BEFORE_THE_LAST,
                turn.numbered(),
                turn.first());
    }

    /** How the model is shown a summary. */
    static ChatMessage summary(String text) {
        return ChatMessage.of(Role.USER, BEGINNING + text);
    }

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) {
        json.raw("{\"id\":")
                .string(id)
                .raw(",\"object\":\"response.compaction\",\"created_at\":")
                .number(created)
                .raw(",\"output\":[");
        for (StoredResponse.Item message : messages) {
            json.raw(message.body()).raw(",");
        }
        json.raw("{\"id\":")
                .string(itemId)
                .raw(",\"type\":\"compaction\",\"encrypted_content\":")
                .string(seal.seal(said(choices.getFirst().takeDeltas())))
                .raw("}],\"usage\":");
        ResponseWriter.usage(json, usage);
        usage.writeTimings(json);
        json.raw("}");
    }

    /** The text; of a model that only thought, its thoughts. */
    private static String said(List<ReplyDelta> deltas) {
        var content = new StringBuilder();
        var reasoning = new StringBuilder();
        for (ReplyDelta delta : deltas) {
            switch (delta) {
                case ReplyDelta.Content(String text) -> content.append(text);
                case ReplyDelta.Reasoning(String text) -> reasoning.append(text);
                case ReplyDelta.CallBegin _, ReplyDelta.CallArguments _, ReplyDelta.CallEnd _ -> {}
            }
        }
        return (content.toString().isBlank() ? reasoning : content).toString().strip();
    }

    @Override
    public long bytesHeld() {
        return messages.stream().mapToLong(message -> message.body().length()).sum();
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        throw noStream();
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        throw noStream();
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        throw noStream();
    }

    @Override
    public void end(JsonBytes json, List<Choice> choices, Usage usage) {
        throw noStream();
    }

    private static AssertionError noStream() {
        return new AssertionError("a compaction is one object");
    }
}
