package dev.gufo.server.answer;

import dev.gufo.chat.ReplyDelta;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts of a reply that wait to be sent; neighbours of one kind are joined, so that one write sends one of each. */
final class PendingDeltas {
    private final List<ReplyDelta> waiting = new ArrayList<>();
    private final StringBuilder joined = new StringBuilder();
    private @Nullable ReplyDelta last; // whose text is in joined

    void add(ReplyDelta delta) {
        if (last == null || !joins(last, delta)) {
            flush();
            last = delta;
        }
        joined.append(textOf(delta));
    }

    private static boolean joins(ReplyDelta before, ReplyDelta next) {
        return switch (next) {
            case ReplyDelta.Content _ -> before instanceof ReplyDelta.Content;
            case ReplyDelta.Reasoning _ -> before instanceof ReplyDelta.Reasoning;
            case ReplyDelta.CallArguments(int call, String _) ->
                before instanceof ReplyDelta.CallArguments(int same, String _) && same == call;
            case ReplyDelta.CallBegin _, ReplyDelta.CallEnd _ -> false;
        };
    }

    private static String textOf(ReplyDelta delta) {
        return switch (delta) {
            case ReplyDelta.Content(String text) -> text;
            case ReplyDelta.Reasoning(String text) -> text;
            case ReplyDelta.CallArguments(int _, String json) -> json;
            case ReplyDelta.CallBegin _, ReplyDelta.CallEnd _ -> "";
        };
    }

    private void flush() {
        switch (last) {
            case null -> {}
            case ReplyDelta.Content _ -> waiting.add(new ReplyDelta.Content(joined.toString()));
            case ReplyDelta.Reasoning _ -> waiting.add(new ReplyDelta.Reasoning(joined.toString()));
            case ReplyDelta.CallArguments(int call, String _) ->
                waiting.add(new ReplyDelta.CallArguments(call, joined.toString()));
            case ReplyDelta.CallBegin begin -> waiting.add(begin);
            case ReplyDelta.CallEnd end -> waiting.add(end);
        }
        joined.setLength(0);
        last = null;
    }

    /** All that waits, in order; nothing waits afterwards. */
    List<ReplyDelta> take() {
        flush();
        List<ReplyDelta> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }
}
