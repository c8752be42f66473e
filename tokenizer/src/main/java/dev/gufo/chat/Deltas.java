package dev.gufo.chat;

import dev.gufo.chat.ReplyDelta.CallArguments;
import dev.gufo.chat.ReplyDelta.CallBegin;
import dev.gufo.chat.ReplyDelta.CallEnd;
import dev.gufo.chat.ReplyDelta.Content;
import dev.gufo.chat.ReplyDelta.Reasoning;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects deltas: neighbours of one kind become one. Whitespace between parts belongs to neither: it is dropped where
 * reasoning begins or ends and around calls, so whitespace at the end of a part is held back until it is known what
 * follows.
 */
final class Deltas {
    private enum Part {
        /** Nothing but whitespace yet; it is content if content follows. */
        START,
        /** A part ended here; whitespace is dropped. */
        BREAK,
        CONTENT,
        REASONING_START,
        REASONING
    }

    private final List<ReplyDelta> done = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder whitespace = new StringBuilder();
    private Part part = Part.START;
    private int calls;

    /** Whether no content stands since the beginning or since reasoning or a call. */
    boolean beforeContent() {
        return part == Part.START || part == Part.BREAK;
    }

    /** Whether reasoning is open and empty. */
    boolean beforeReasoning() {
        return part == Part.REASONING_START;
    }

    void content(char character) {
        if (ReplyText.isWhitespace(character)) {
            if (part != Part.BREAK) {
                whitespace.append(character);
            }
            return;
        }
        part = Part.CONTENT;
        text.append(whitespace).append(character);
        whitespace.setLength(0);
    }

    void beginReasoning() {
        flushText();
        whitespace.setLength(0);
        part = Part.REASONING_START;
    }

    void reasoning(char character) {
        if (ReplyText.isWhitespace(character)) {
            if (part == Part.REASONING) {
                whitespace.append(character);
            }
            return;
        }
        part = Part.REASONING;
        text.append(whitespace).append(character);
        whitespace.setLength(0);
    }

    void endReasoning() {
        flushText();
        whitespace.setLength(0);
        part = Part.BREAK;
    }

    void beginCall(String id, String name) {
        flushText();
        whitespace.setLength(0);
        part = Part.BREAK;
        done.add(new CallBegin(calls++, id, name));
    }

    void arguments(String json) {
        if (json.isEmpty()) {
            return;
        }
        if (!done.isEmpty()
                && done.getLast() instanceof CallArguments(int index, String before)
                && index == calls - 1) {
            done.set(done.size() - 1, new CallArguments(index, before + json));
        } else {
            done.add(new CallArguments(calls - 1, json));
        }
    }

    void endCall() {
        done.add(new CallEnd(calls - 1));
    }

    /** A call began that can't be told: whitespace before it belongs to nothing. */
    void leaveOutCall() {
        whitespace.setLength(0);
    }

    /** What is held back: it belongs to the part that is open if that goes on. */
    String whitespace() {
        return whitespace.toString();
    }

    /** Nothing follows: whitespace that was held back belongs to the last part. */
    void finish() {
        text.append(whitespace);
        whitespace.setLength(0);
        part = part == Part.START ? Part.CONTENT : part;
    }

    List<ReplyDelta> take() {
        flushText();
        List<ReplyDelta> taken = List.copyOf(done);
        done.clear();
        return taken;
    }

    private void flushText() {
        if (!text.isEmpty()) {
            done.add(part == Part.REASONING ? new Reasoning(text.toString()) : new Content(text.toString()));
            text.setLength(0);
        }
    }
}
