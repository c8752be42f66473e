package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.JsonHead.Head;
import dev.gufo.chat.ReplyText.Seen;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls that are JSON objects, alone, one after the other or in an array, between marks or without them. */
final class JsonCalls implements CallParser {
    private enum State {
        OPEN,
        ARGUMENTS,
        /** Behind the arguments, before the object's closing brackets. */
        TAIL,
        /** Behind an object. */
        NEXT
    }

    private final List<String> openMarks;
    private final String closeMark;
    private final boolean needsArguments;
    private final Calls calls;
    private State state = State.OPEN;
    private boolean inArray;
    private int depth;
    private @Nullable ArgumentsScanner scanner;

    /**
     * @param openMarks what may stand before the first object; {@code ""} if nothing does
     * @param closeMark what stands behind the last; {@code ""} if nothing does
     * @param needsArguments whether an object with only a name is no call
     */
    JsonCalls(List<String> openMarks, String closeMark, boolean needsArguments, Calls calls) {
        this.openMarks = openMarks;
        this.closeMark = closeMark;
        this.needsArguments = needsArguments;
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case ARGUMENTS -> arguments(text);
            case TAIL -> tail(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        for (String mark : openMarks) {
            Seen seen = text.sees(text.at(), mark);
            if (seen == Seen.YES) {
                return openArray(text, text.afterWhitespace(text.at() + mark.length()));
            }
            if (seen == Seen.PART) {
                return Turn.WAIT;
            }
        }
        return Turn.STOP;
    }

    private Turn openArray(ReplyText text, int from) {
        if (from >= text.length()) {
            return Turn.WAIT;
        }
        if (text.charAt(from) != '[') {
            return object(text, from);
        }
        Turn turn = object(text, text.afterWhitespace(from + 1));
        inArray = turn == Turn.ON;
        return turn;
    }

    private Turn object(ReplyText text, int from) {
        if (from - text.at() > LONGEST_HEAD) {
            return Turn.STOP;
        }
        if (from >= text.length()) {
            return Turn.WAIT;
        }
        return switch (JsonHead.read(text, from)) {
            case Head.Incomplete _ -> Turn.WAIT;
            case Head.Broken _ -> Turn.STOP;
            case Head.Begins(String name, int argumentsAt, int open) -> {
                if (!calls.offers(name)) {
                    yield Turn.STOP;
                }
                calls.begin(name);
                text.takeTo(argumentsAt);
                depth = open;
                scanner = new ArgumentsScanner(closeMark);
                state = State.ARGUMENTS;
                yield Turn.ON;
            }
            case Head.Whole(String name, var given, int end) -> {
                if (!calls.offers(name) || (given.isEmpty() && needsArguments)) {
                    yield Turn.STOP;
                }
                calls.begin(name);
                calls.arguments(PlainJson.argumentsText(given.orElse("null")));
                calls.end();
                text.takeTo(end);
                state = State.NEXT;
                yield Turn.ON;
            }
        };
    }

    private Turn arguments(ReplyText text) {
        boolean progress = requireNonNull(scanner).scan(text, calls);
        if (scanner.done()) {
            scanner.endIfComplete(calls);
            state = State.TAIL;
            return Turn.ON;
        }
        return progress ? Turn.ON : Turn.WAIT;
    }

    /** Further keys and the closing brackets are taken together, once all of them are there. */
    private Turn tail(ReplyText text) {
        boolean inString = false;
        int open = depth;
        int position = text.afterWhitespace(text.at());
        if (position < text.length() && text.charAt(position) != ',' && text.charAt(position) != '}') {
            return endWithoutBracket(text, position);
        }
        int limit = text.at() + LONGEST_HEAD;
        for (; position < Math.min(text.length(), limit); position++) {
            char character = text.charAt(position);
            if (inString) {
                position += character == '\\' ? 1 : 0;
                inString = character != '"';
            } else if (character == '"') {
                inString = true;
            } else if (character == '{' || character == '[') {
                open++;
            } else if (character == '}' || character == ']') {
                open--;
                if (open == 0) {
                    text.takeTo(position + 1);
                    state = State.NEXT;
                    return Turn.ON;
                }
            }
        }
        return position >= limit ? Turn.STOP : Turn.WAIT;
    }

    /** A model that forgot the last bracket but wrote the closing mark has still made a call. */
    private Turn endWithoutBracket(ReplyText text, int position) {
        Seen close = closeMark.isEmpty() ? Seen.NO : text.sees(position, closeMark);
        if (close == Seen.YES) {
            text.takeTo(position + closeMark.length());
        }
        return close == Seen.PART ? Turn.WAIT : Turn.STOP;
    }

    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (position >= text.length()) {
            return Turn.WAIT;
        }
        if (inArray) {
            return nextInArray(text, position);
        }
        Seen close = closeMark.isEmpty() ? Seen.NO : text.sees(position, closeMark);
        if (close == Seen.YES) {
            text.takeTo(position + closeMark.length());
            return Turn.STOP;
        }
        if (close == Seen.PART) {
            return Turn.WAIT;
        }
        char character = text.charAt(position);
        int object = character == ';' || character == ',' ? text.afterWhitespace(position + 1) : position;
        return object(text, object);
    }

    private Turn nextInArray(ReplyText text, int position) {
        return switch (text.charAt(position)) {
            case ',' -> object(text, text.afterWhitespace(position + 1));
            case ']' -> {
                text.takeTo(position + 1);
                inArray = false;
                yield Turn.ON;
            }
            default -> Turn.STOP;
        };
    }
}
