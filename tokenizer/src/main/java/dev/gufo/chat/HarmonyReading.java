package dev.gufo.chat;

import static dev.gufo.chat.HarmonyForm.CALL;
import static dev.gufo.chat.HarmonyForm.CHANNEL;
import static dev.gufo.chat.HarmonyForm.END;
import static dev.gufo.chat.HarmonyForm.MESSAGE;
import static dev.gufo.chat.HarmonyForm.RECIPIENT;
import static dev.gufo.chat.HarmonyForm.RETURN;
import static dev.gufo.chat.HarmonyForm.START;
import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reply of channels: {@code analysis} is reasoning, {@code final} and what {@code commentary} says to the user are
 * content, and a message to {@code functions.name} is a call. The prompt ends with {@code <|start|>assistant}, so a
 * reply begins within a message's head.
 */
final class HarmonyReading implements ReplyReader.Reading {
    private static final int LONGEST_HEAD = 512;
    /** What a head may begin with; anything else is content without a head. */
    private static final List<String> HEADS = List.of(START, CHANNEL, RECIPIENT);

    private static final List<String> ENDS = List.of(END, RETURN, CALL);
    private static final List<String> NEXT_HEADS = List.of(START, CHANNEL);

    private enum State {
        HEAD,
        REASONING,
        CONTENT,
        /** A message to a function; its body has not begun. */
        CALL_BEGINS,
        ARGUMENTS,
        AFTER_CALL,
        /** A message of no known form: content as it stands, with its marks. */
        UNKNOWN
    }

    private final Deltas deltas;
    private final Calls calls;
    private State state = State.HEAD;
    private String function = "";
    /** Within CALL_BEGINS: characters of the head that have not been taken. */
    private int headLength;

    private @Nullable ArgumentsScanner scanner;

    HarmonyReading(Deltas deltas, Calls calls) {
        this.deltas = deltas;
        this.calls = calls;
    }

    @Override
    public void read(ReplyText text) {
        boolean more = true;
        while (more && text.at() < text.length()) {
            more = switch (state) {
                case HEAD -> readHead(text);
                case CALL_BEGINS -> beginCall(text);
                case ARGUMENTS -> readArguments(text);
                case AFTER_CALL -> readAfterCall(text);
                case REASONING, CONTENT, UNKNOWN -> readBody(text);
            };
        }
    }

    private boolean readHead(ReplyText text) {
        int from = text.afterWhitespace(text.at());
        if (from >= text.length()) {
            if (text.ended()) {
                state = State.CONTENT;
            }
            return text.ended();
        }
        Seen begins = seesAny(text, from, HEADS);
        if (begins == Seen.PART) {
            return false;
        }
        if (begins == Seen.NO) {
            state = State.CONTENT;
            return true;
        }
        int message = text.indexOf(MESSAGE, from);
        if (message < 0 || message - from > LONGEST_HEAD) {
            if (text.isCut()) {
                text.takeTo(text.length());
                return false;
            }
            if (text.ended() || text.length() - from > LONGEST_HEAD + MESSAGE.length()) {
                // A head that never ends is none; its first character is content, or it would be looked at again.
                state = State.UNKNOWN;
                takeContent(text);
                return true;
            }
            return false;
        }
        int bodyAt = message + MESSAGE.length();
        enter(text, text.substring(from, message), bodyAt);
        return true;
    }

    private void enter(ReplyText text, String head, int bodyAt) {
        String recipient = wordAfter("to=", head);
        String channel = wordAfter(CHANNEL, head);
        function = wordAfter(RECIPIENT, head);
        if (!function.isEmpty() && calls.offers(function)) {
            headLength = bodyAt - text.at();
            state = State.CALL_BEGINS;
        } else if (!recipient.isEmpty()) {
            state = State.UNKNOWN;
        } else if (channel.equals("analysis")) {
            deltas.beginReasoning();
            text.takeTo(bodyAt);
            state = State.REASONING;
        } else {
            text.takeTo(bodyAt);
            state = State.CONTENT;
        }
        if (state == State.UNKNOWN) {
            takeContentTo(text, bodyAt);
        }
    }

    /** The word behind a mark, up to whitespace or the next mark; {@code ""} if there is none. */
    private static String wordAfter(String mark, String head) {
        int found = head.indexOf(mark);
        if (found < 0) {
            return "";
        }
        int from = found + mark.length();
        int end = from;
        while (end < head.length() && !ReplyText.isWhitespace(head.charAt(end)) && head.charAt(end) != '<') {
            end++;
        }
        return head.substring(from, end);
    }

    private boolean beginCall(ReplyText text) {
        int body = text.afterWhitespace(text.at() + headLength);
        if (body >= text.length() && !text.ended()) {
            return false;
        }
        if (body >= text.length() && text.isCut()) {
            text.takeTo(text.length());
            return false;
        }
        if (body < text.length() && text.charAt(body) == '{') {
            calls.begin(function);
            text.takeTo(body);
            scanner = new ArgumentsScanner(CALL);
            state = State.ARGUMENTS;
        } else {
            state = State.UNKNOWN;
            takeContentTo(text, text.at() + headLength);
        }
        return true;
    }

    private boolean readArguments(ReplyText text) {
        boolean progress = requireNonNull(scanner).scan(text, calls);
        if (scanner.done()) {
            // Its last mark ends the reply, so it is often no part of the text.
            scanner.endIfComplete(calls);
            state = State.AFTER_CALL;
        }
        return progress;
    }

    private boolean readAfterCall(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        text.forgetEnd();
        Seen end = seesAny(text, position, ENDS);
        if (end == Seen.NO && text.endsInMark()) {
            text.takeTo(text.length());
            return false;
        }
        if (end == Seen.PART || (position >= text.length() && !text.ended())) {
            return false;
        }
        if (end == Seen.YES) {
            text.takeTo(text.indexOf(">", position) + 1);
            state = State.HEAD;
        } else {
            state = State.CONTENT;
        }
        return true;
    }

    private boolean readBody(ReplyText text) {
        Seen end = seesAny(text, text.at(), ENDS);
        Seen next = seesAny(text, text.at(), NEXT_HEADS);
        if (end == Seen.PART || next == Seen.PART) {
            return false;
        }
        if (end == Seen.YES || next == Seen.YES) {
            int after = end == Seen.YES ? text.indexOf(">", text.at()) + 1 : text.at();
            if (state == State.UNKNOWN) {
                takeContentTo(text, after);
            } else if (state == State.REASONING) {
                deltas.endReasoning();
            }
            text.takeTo(after);
            state = State.HEAD;
            return true;
        }
        if (state == State.REASONING) {
            deltas.reasoning(text.charAt(text.at()));
            text.takeTo(text.at() + 1);
        } else {
            takeContent(text);
        }
        return true;
    }

    private void takeContent(ReplyText text) {
        deltas.content(text.charAt(text.at()));
        text.takeTo(text.at() + 1);
    }

    private void takeContentTo(ReplyText text, int end) {
        while (text.at() < end) {
            takeContent(text);
        }
    }

    private static Seen seesAny(ReplyText text, int position, List<String> marks) {
        Seen found = Seen.NO;
        for (String mark : marks) {
            Seen seen = text.sees(position, mark);
            if (seen == Seen.YES) {
                return Seen.YES;
            }
            found = seen == Seen.PART ? Seen.PART : found;
        }
        return found;
    }
}
