package dev.gufo.server.chat;

import dev.gufo.chat.ReplyDelta;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole reply.
 *
 * @param content text for the user, possibly empty
 * @param reasoning what the model thought, possibly empty
 */
record Message(String content, String reasoning, List<Call> calls) {
    /** @param arguments JSON text, as the model wrote it */
    record Call(String id, String name, String arguments) {}

    /** What all parts of a reply add up to. */
    static Message of(List<ReplyDelta> deltas) {
        var content = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new ArrayList<Call>();
        for (ReplyDelta delta : deltas) {
            switch (delta) {
                case ReplyDelta.Content(String text) -> content.append(text);
                case ReplyDelta.Reasoning(String text) -> reasoning.append(text);
                case ReplyDelta.CallBegin(int _, String id, String name) -> calls.add(new Call(id, name, ""));
                case ReplyDelta.CallArguments(int index, String json) -> {
                    Call call = calls.get(index);
                    calls.set(index, new Call(call.id(), call.name(), call.arguments() + json));
                }
                case ReplyDelta.CallEnd _ -> {}
            }
        }
        return new Message(content.toString(), reasoning.toString(), List.copyOf(calls));
    }
}
