package dev.gufo.bench;

import java.nio.charset.StandardCharsets;

/**
 * Recognises what a completion chunk carries without parsing it.
 *
 * <p>Looking for {@code "key":} in the bytes is exact: inside a JSON string every quote has a backslash before it, so a
 * quoted key followed by a colon is a key, whatever a model writes. Not thread-safe; one is used again for every chunk.
 */
final class ChunkScan {
    private static final byte[] CONTENT = key("content");
    private static final byte[] REASONING = key("reasoning_content");
    private static final byte[] TOOL_CALLS = key("tool_calls");
    private static final byte[] USAGE = key("usage");
    private static final byte[] ERROR = key("error");

    private boolean text;
    private boolean usage;
    private boolean error;

    /** Looks at the JSON object in {@code bytes[from..to)}; the answers are about it until the next call. */
    void scan(byte[] bytes, int from, int to) {
        text = false;
        usage = false;
        error = false;
        for (int i = from; i + 2 < to; i++) {
            if (bytes[i] != '"') {
                continue;
            }
            switch (bytes[i + 1]) {
                case 'c' -> text |= startsText(bytes, valueOf(CONTENT, bytes, i, to), to);
                case 'r' -> text |= startsText(bytes, valueOf(REASONING, bytes, i, to), to);
                case 't' -> text |= starts('[', bytes, valueOf(TOOL_CALLS, bytes, i, to), to);
                case 'u' -> usage |= starts('{', bytes, valueOf(USAGE, bytes, i, to), to);
                case 'e' -> error |= startsError(bytes, valueOf(ERROR, bytes, i, to), to);
                default -> {}
            }
        }
    }

    /** Whether the model wrote something: a delta with content, reasoning or a piece of a tool call. */
    boolean hasText() {
        return text;
    }

    boolean hasUsage() {
        return usage;
    }

    boolean hasError() {
        return error;
    }

    private static byte[] key(String name) {
        return ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
    }

    /** Where the value of {@code key} begins if it stands at {@code at} as a key, else -1. */
    private static int valueOf(byte[] key, byte[] bytes, int at, int to) {
        int end = at + key.length;
        if (end >= to) {
            return -1;
        }
        for (int i = 1; i < key.length; i++) {
            if (bytes[at + i] != key[i]) {
                return -1;
            }
        }
        int colon = skipSpaces(bytes, end, to);
        return colon < to && bytes[colon] == ':' ? skipSpaces(bytes, colon + 1, to) : -1;
    }

    private static int skipSpaces(byte[] bytes, int at, int to) {
        int i = at;
        while (i < to && bytes[i] == ' ') {
            i++;
        }
        return i;
    }

    private static boolean startsText(byte[] bytes, int value, int to) {
        return starts('"', bytes, value, to) && value + 1 < to && bytes[value + 1] != '"';
    }

    private static boolean startsError(byte[] bytes, int value, int to) {
        return starts('{', bytes, value, to) || starts('"', bytes, value, to);
    }

    private static boolean starts(char first, byte[] bytes, int value, int to) {
        return value >= 0 && value < to && bytes[value] == first;
    }
}
