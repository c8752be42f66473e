package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text for a custom tool, out of the arguments <code>{"input": "…"}</code> as they come. Arguments of another form
 * are taken as the text when they are complete.
 */
final class RawInput {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern START = Pattern.compile("\\s*\\{\\s*\"" + CallTarget.INPUT + "\"\\s*:\\s*\"");
    private static final int UNICODE_ESCAPE = 6;

    private final StringBuilder before = new StringBuilder();
    private final StringBuilder escape = new StringBuilder();
    private boolean started;
    private boolean ended;
    private char high; // first half of a surrogate pair whose second has not come; 0 if there is none

    /** What further arguments add to the text. */
    String accept(String arguments) {
        var text = new StringBuilder();
        if (started) {
            arguments.chars().forEach(next -> take((char) next, text));
            return text.toString();
        }
        before.append(arguments);
        Matcher start = START.matcher(before);
        if (start.lookingAt()) {
            started = true;
            before.chars().skip(start.end()).forEach(next -> take((char) next, text));
        }
        return text.toString();
    }

    /** What is still to come of the text, now that the arguments have ended. */
    String finish() {
        if (started) {
            return "";
        }
        started = true;
        try {
            JsonNode input = JSON.readTree(before.toString()).path(CallTarget.INPUT);
            return input.isTextual() ? input.textValue() : before.toString();
        } catch (JsonProcessingException modelWroteNoJson) {
            return before.toString();
        }
    }

    private void take(char next, StringBuilder text) {
        if (ended) {
            return;
        }
        if (!escape.isEmpty()) {
            escape.append(next);
            if (escape.charAt(1) != 'u') {
                add(escaped(next), text);
                escape.setLength(0);
            } else if (escape.length() == UNICODE_ESCAPE) {
                add((char) hexadecimal(), text);
                escape.setLength(0);
            }
        } else if (next == '\\') {
            escape.append(next);
        } else if (next == '"') {
            ended = true;
        } else {
            add(next, text);
        }
    }

    private void add(char next, StringBuilder text) {
        if (Character.isHighSurrogate(next)) {
            high = next;
        } else if (Character.isLowSurrogate(next) && high != 0) {
            text.append(high).append(next);
            high = 0;
        } else {
            text.append(next);
        }
    }

    private static char escaped(char letter) {
        return switch (letter) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> letter;
        };
    }

    private int hexadecimal() {
        int value = 0;
        for (int i = 2; i < UNICODE_ESCAPE; i++) {
            value = value << 4 | Math.max(0, Character.digit(escape.charAt(i), 16));
        }
        return value;
    }
}
