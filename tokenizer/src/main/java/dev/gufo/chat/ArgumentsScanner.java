package dev.gufo.chat;

import dev.gufo.chat.ReplyText.Seen;

/**
 * Finds the end of the arguments as they stream: an object, by its brackets, or a JSON string that holds one, which
 * some models write. What is in the object is passed on as it is. A mark that can't stand in JSON outside a string ends
 * it too, or a reply that forgot a bracket would never end.
 */
final class ArgumentsScanner {
    private final String closeMark;
    private boolean began;
    private boolean encoded;
    private boolean inString;
    private boolean any;
    private int depth;
    private boolean done;

    /** @param closeMark the mark behind the call, or {@code ""} */
    ArgumentsScanner(String closeMark) {
        this.closeMark = closeMark;
    }

    /** Whether the last character of the arguments has been taken. */
    boolean done() {
        return done;
    }

    /**
     * Tells that the call is complete, if its arguments are: every bracket is closed. To be called once, when it is
     * {@link #done}.
     */
    void endIfComplete(Calls calls) {
        if (depth == 0) {
            calls.end();
        }
    }

    /** Takes what there is and hands the arguments on; false if nothing could be taken. */
    boolean scan(ReplyText text, Calls calls) {
        StringBuilder json = new StringBuilder();
        int position = text.at();
        if (!began && position < text.length()) {
            began = true;
            encoded = text.charAt(position) == '"';
            position += encoded ? 1 : 0;
        }
        int taken = 0;
        while (!done && position < text.length()) {
            taken = encoded ? scanEncoded(text, position, json) : scanObject(text, position, json);
            if (taken == 0) {
                break;
            }
            position += taken;
        }
        boolean progress = position > text.at() || done;
        any |= !json.isEmpty();
        if (done && !any) {
            json.append("{}");
        }
        text.takeTo(position);
        calls.arguments(json.toString());
        return progress;
    }

    /** Characters taken from here; 0 if it takes more text or if the arguments end before this character. */
    private int scanObject(ReplyText text, int position, StringBuilder json) {
        char character = text.charAt(position);
        if (inString) {
            if (character == '\\') {
                if (position + 1 == text.length()) {
                    return 0;
                }
                json.append(character).append(text.charAt(position + 1));
                return 2;
            }
            inString = character != '"';
        } else if (character == '"') {
            inString = true;
        } else if (character == '{' || character == '[') {
            depth++;
        } else if (character == '}' || character == ']') {
            depth--;
            done = depth == 0;
        } else if (!closeMark.isEmpty()) {
            Seen close = text.sees(position, closeMark);
            if (close != Seen.NO) {
                done = close == Seen.YES;
                return 0;
            }
        }
        json.append(character);
        return 1;
    }

    private int scanEncoded(ReplyText text, int position, StringBuilder json) {
        char character = text.charAt(position);
        if (character == '"') {
            done = true;
            return 1;
        }
        if (character != '\\') {
            json.append(character);
            return 1;
        }
        int length = position + 1 < text.length() && text.charAt(position + 1) == 'u' ? 6 : 2;
        if (position + length > text.length()) {
            return 0;
        }
        String escape = text.substring(position, position + length);
        json.append(PlainJson.string('"' + escape + '"').orElse(escape));
        return length;
    }
}
