package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import org.jspecify.annotations.Nullable;

/**
 * A reply of messages that begin with their recipient's line: what goes to {@code all} is content, what goes to an
 * offered function is a call. The prompt ends with the mark before a recipient, so a reply begins with one. Whatever
 * has no such line is content.
 */
final class RecipientReading implements ReplyReader.Reading {
    private enum State {
        /** Before the first recipient. */
        START,
        CONTENT,
        ARGUMENTS,
        AFTER_CALL
    }

    private final Deltas deltas;
    private final Calls calls;
    private State state = State.START;
    private @Nullable ArgumentsScanner scanner;

    RecipientReading(Deltas deltas, Calls calls) {
        this.deltas = deltas;
        this.calls = calls;
    }

    @Override
    public void read(ReplyText text) {
        boolean more = true;
        while (more && text.at() < text.length()) {
            more = switch (state) {
                case START -> {
                    Seen mark = text.sees(text.at(), RecipientForm.MARK);
                    int head = mark == Seen.YES ? RecipientForm.MARK.length() : 0;
                    yield mark != Seen.PART && message(text, text.at() + head, true);
                }
                case CONTENT -> content(text);
                case ARGUMENTS -> arguments(text);
                case AFTER_CALL -> afterCall(text);
            };
        }
    }

    /**
     * A message whose recipient's line begins at {@code from}; content if none does.
     *
     * @param forUser whether it may go to the user
     * @return false if it takes more text to decide
     */
    private boolean message(ReplyText text, int from, boolean forUser) {
        int line = text.indexOf("\n", from);
        if (line < 0) {
            boolean name = text.length() - from <= NamedCalls.LONGEST_NAME && !text.ended();
            boolean marked = from > text.at();
            if (name || (marked && text.isCut())) {
                return leftOut(text);
            }
        } else if (line - from <= NamedCalls.LONGEST_NAME) {
            String recipient = text.substring(from, line).strip();
            if (forUser && recipient.equals(RecipientForm.USER)) {
                text.takeTo(line + 1);
                state = State.CONTENT;
                return true;
            }
            if (calls.offers(recipient)) {
                int body = text.afterWhitespace(line + 1);
                if (body >= text.length() && (!text.ended() || text.isCut())) {
                    return leftOut(text);
                }
                if (body < text.length() && text.charAt(body) == '{') {
                    calls.begin(recipient);
                    text.takeTo(body);
                    scanner = new ArgumentsScanner(RecipientForm.MARK);
                    state = State.ARGUMENTS;
                    return true;
                }
            }
        }
        state = State.CONTENT;
        takeContent(text);
        return true;
    }

    /** The beginning of a message waits for more; if the reply was cut there, it is left out. */
    private boolean leftOut(ReplyText text) {
        if (text.isCut()) {
            text.takeTo(text.length());
            deltas.leaveOutCall();
        }
        return false;
    }

    private boolean content(ReplyText text) {
        return switch (text.sees(text.at(), RecipientForm.MARK)) {
            case YES -> message(text, text.at() + RecipientForm.MARK.length(), false);
            case PART -> false;
            case NO -> {
                takeContent(text);
                yield true;
            }
        };
    }

    private boolean arguments(ReplyText text) {
        boolean progress = requireNonNull(scanner).scan(text, calls);
        if (scanner.done()) {
            calls.end();
            state = State.AFTER_CALL;
        }
        return progress;
    }

    private boolean afterCall(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (position >= text.length()) {
            if (text.ended()) {
                text.takeTo(text.length());
            }
            return false;
        }
        text.forgetEnd();
        return switch (text.sees(position, RecipientForm.MARK)) {
            case YES -> message(text, position + RecipientForm.MARK.length(), true);
            case PART -> false;
            case NO -> {
                if (text.endsInMark()) {
                    text.takeTo(text.length());
                    yield false;
                }
                state = State.CONTENT;
                yield true;
            }
        };
    }

    private void takeContent(ReplyText text) {
        deltas.content(text.charAt(text.at()));
        text.takeTo(text.at() + 1);
    }
}
