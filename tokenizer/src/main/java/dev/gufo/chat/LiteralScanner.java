package dev.gufo.chat;

import dev.gufo.chat.ReplyText.Seen;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Turns arguments that are written as literals, as Python's or Gemma's, into JSON as they come. Strings stand between
 * {@code '}, {@code "} or {@code <|"|>}; everything else between them and brackets is a number, a word for true, false
 * or none, or a string that forgot its quotes.
 */
final class LiteralScanner {
    /** Gemma's quotation mark; what stands between two of them is taken as it is. */
    static final String RAW_QUOTE = "<|\"|>";

    private static final int LONGEST_WORD = 1_024;
    private static final int DEEPEST = 64;
    private static final String ASSIGNMENTS = ":=";
    private static final String ENDS_OF_WORDS = ",:={}[]()\n";
    /** What may follow a string. A quotation mark before anything else is one that was not escaped. */
    private static final String AFTER_STRING = ",:=}])";

    private enum State {
        /** Before a key or the end of an object. */
        KEY,
        /** Between a key and its value. */
        ASSIGN,
        /** Before a value, or before the end of an array. */
        VALUE,
        /** Within a string that is a value. */
        STRING,
        /** Behind a value. */
        AFTER,
        DONE,
        /** The text goes on as no literal does. */
        BROKEN
    }

    /** An object or array that is open. */
    private static final class Open {
        final char close;
        final boolean object;
        boolean any;

        Open(char close, boolean object) {
            this.close = close;
            this.object = object;
        }
    }

    private final Deque<Open> open = new ArrayDeque<>();
    private final StringBuilder json = new StringBuilder();
    private State state = State.KEY;
    private String quote = "";

    /** @param close the bracket that ends the arguments, whose opening one has been taken */
    LiteralScanner(char close) {
        open.push(new Open(close, true));
        json.append('{');
    }

    /** Whether the last character of the arguments has been taken. */
    boolean done() {
        return state == State.DONE;
    }

    boolean broken() {
        return state == State.BROKEN;
    }

    /** Takes what there is and hands the arguments on; false if nothing could be taken. */
    boolean scan(ReplyText text, Calls calls) {
        int before = text.at();
        State stateBefore = state;
        boolean more = true;
        while (more && state != State.DONE && state != State.BROKEN) {
            more = state == State.STRING ? string(text) : token(text);
        }
        boolean progress = text.at() > before || state != stateBefore || !json.isEmpty();
        calls.arguments(json.toString());
        json.setLength(0);
        return progress;
    }

    private boolean token(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (position >= text.length()) {
            return false;
        }
        char character = text.charAt(position);
        return switch (state) {
            case KEY -> character == open.element().close ? end(text, position) : key(text, position);
            case ASSIGN -> ASSIGNMENTS.indexOf(character) >= 0 ? turn(text, position, State.VALUE) : broken(text);
            case VALUE -> value(text, position, character);
            case AFTER -> {
                if (character == ',') {
                    yield turn(text, position, open.element().object ? State.KEY : State.VALUE);
                }
                yield character == open.element().close ? end(text, position) : broken(text);
            }
            default -> throw new AssertionError("no token is read in " + state);
        };
    }

    private boolean turn(ReplyText text, int position, State next) {
        text.takeTo(position + 1);
        state = next;
        return true;
    }

    private boolean broken(ReplyText text) {
        state = State.BROKEN;
        return text.at() < text.length();
    }

    private boolean end(ReplyText text, int position) {
        json.append(open.pop().object ? '}' : ']');
        text.takeTo(position + 1);
        state = open.isEmpty() ? State.DONE : State.AFTER;
        return true;
    }

    private boolean key(ReplyText text, int position) {
        String mark = quoteAt(text, position);
        if (mark == null) {
            return false;
        }
        int end = mark.isEmpty() ? endOfWord(text, position) : text.indexOf(mark, position + mark.length());
        if (end < 0 || end == text.length()) {
            return text.length() - position > LONGEST_WORD && broken(text);
        }
        int behind = end + mark.length();
        if (end == position) {
            return broken(text);
        }
        separate();
        json.append(PlainJson.text(text.substring(position + mark.length(), end).strip()))
                .append(": ");
        text.takeTo(behind);
        state = State.ASSIGN;
        return true;
    }

    private boolean value(ReplyText text, int position, char character) {
        Open around = open.element();
        if (character == around.close && !around.object) {
            return end(text, position);
        }
        if (character == '{' || character == '[' || character == '(') {
            if (open.size() >= DEEPEST) {
                return broken(text);
            }
            separateInArray();
            boolean object = character == '{';
            json.append(object ? '{' : '[');
            open.push(new Open(object ? '}' : character == '[' ? ']' : ')', object));
            return turn(text, position, object ? State.KEY : State.VALUE);
        }
        String mark = quoteAt(text, position);
        if (mark == null) {
            return false;
        }
        if (!mark.isEmpty()) {
            separateInArray();
            json.append('"');
            quote = mark;
            text.takeTo(position + mark.length());
            state = State.STRING;
            return true;
        }
        int end = endOfWord(text, position);
        if (end == text.length()) {
            return end - position > LONGEST_WORD && broken(text);
        }
        if (end == position) {
            return broken(text);
        }
        separateInArray();
        json.append(word(text.substring(position, end).strip()));
        text.takeTo(end);
        state = State.AFTER;
        return true;
    }

    /** The quotation mark that stands there, {@code ""} if none does; null if it takes more text to tell. */
    private static @Nullable String quoteAt(ReplyText text, int position) {
        char character = text.charAt(position);
        if (character == '"' || character == '\'') {
            return String.valueOf(character);
        }
        return switch (text.sees(position, RAW_QUOTE)) {
            case YES -> RAW_QUOTE;
            case NO -> "";
            case PART -> null;
        };
    }

    private static int endOfWord(ReplyText text, int from) {
        int end = from;
        while (end < text.length() && ENDS_OF_WORDS.indexOf(text.charAt(end)) < 0) {
            end++;
        }
        return end;
    }

    private static String word(String word) {
        return switch (word) {
            case "true", "True" -> "true";
            case "false", "False" -> "false";
            case "null", "None", "none" -> "null";
            default -> PlainJson.parse(word).filter(node -> node.isNumber()).isPresent() ? word : PlainJson.text(word);
        };
    }

    private void separateInArray() {
        if (!open.element().object) {
            separate();
        }
    }

    private void separate() {
        json.append(open.element().any ? ", " : "");
        open.element().any = true;
    }

    private boolean string(ReplyText text) {
        StringBuilder plain = new StringBuilder();
        int position = text.at();
        boolean raw = quote.equals(RAW_QUOTE);
        boolean more = true;
        while (more && position < text.length()) {
            char character = text.charAt(position);
            if (!raw && character == '\\') {
                int length = escapeLength(text, position);
                if (position + length > text.length()) {
                    break;
                }
                plain.append(unescaped(text.substring(position, position + length)));
                position += length;
                continue;
            }
            Seen end = character == quote.charAt(0) ? ends(text, position, raw) : Seen.NO;
            if (end == Seen.NO) {
                plain.append(character);
                position++;
            } else {
                more = false;
                if (end == Seen.YES) {
                    position += quote.length();
                    state = State.AFTER;
                }
            }
        }
        String quoted = PlainJson.text(plain.toString());
        json.append(quoted, 1, quoted.length() - 1);
        json.append(state == State.AFTER ? "\"" : "");
        text.takeTo(position);
        return state == State.AFTER;
    }

    private Seen ends(ReplyText text, int position, boolean raw) {
        if (raw) {
            return text.sees(position, RAW_QUOTE);
        }
        int behind = text.afterWhitespace(position + 1);
        if (behind >= text.length()) {
            return text.ended() ? Seen.YES : Seen.PART;
        }
        return AFTER_STRING.indexOf(text.charAt(behind)) >= 0 ? Seen.YES : Seen.NO;
    }

    private static int escapeLength(ReplyText text, int position) {
        char kind = position + 1 < text.length() ? text.charAt(position + 1) : 0;
        return switch (kind) {
            case 'u' -> 6;
            case 'x' -> 4;
            default -> 2;
        };
    }

    private static String unescaped(String escape) {
        return switch (escape.charAt(1)) {
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'r' -> "\r";
            case 'b' -> "\b";
            case 'f' -> "\f";
            case '\\', '\'', '"', '/' -> escape.substring(1);
            case '\n' -> "";
            case 'u' -> PlainJson.string('"' + escape + '"').orElse(escape);
            case 'x' -> PlainJson.string("\"\\u00" + escape.substring(2) + '"').orElse(escape);
            default -> escape;
        };
    }
}
