package dev.gufo.chat;

import java.util.Optional;

/**
 * Reads the beginning of a JSON object that names a function, from its bracket through {@code "name": "f",
 * "arguments":}. Other keys may stand between, the function may be an object of its own under {@code function}, and
 * arguments that come before the name are accepted too. Reads the same text again when there is more of it.
 */
final class JsonHead {
    /** What was found. */
    sealed interface Head {
        /** It takes more text. */
        record Incomplete() implements Head {}

        /** This is no call. */
        record Broken() implements Head {}

        /**
         * The arguments, an object or a string, begin and more of the object follows.
         *
         * @param depth objects that are open
         */
        record Begins(String name, int argumentsAt, int depth) implements Head {}

        /** The whole object is there; {@code arguments} is its text, if it has any. */
        record Whole(String name, Optional<String> arguments, int end) implements Head {}
    }

    private static final Head INCOMPLETE = new Head.Incomplete();
    private static final Head BROKEN = new Head.Broken();

    private final ReplyText text;
    private int position;
    private boolean endSeen;

    private JsonHead(ReplyText text, int from) {
        this.text = text;
        this.position = from;
    }

    /** Reads the object at {@code from}. */
    static Head read(ReplyText text, int from) {
        JsonHead head = new JsonHead(text, from);
        Optional<Head> found = head.read();
        if (found.isPresent()) {
            return head.position - from < CallParser.LONGEST_HEAD ? found.get() : BROKEN;
        }
        return head.endSeen && text.length() - from <= CallParser.LONGEST_HEAD ? INCOMPLETE : BROKEN;
    }

    /** Empty if the text ended, and then {@link #endSeen} is set, or if it is no call. */
    private Optional<Head> read() {
        if (!take('{')) {
            return Optional.empty();
        }
        int depth = 1;
        Optional<String> name = Optional.empty();
        Optional<String> arguments = Optional.empty();
        while (true) {
            Optional<String> key = key();
            if (key.isEmpty() || position >= text.length()) {
                endSeen |= key.isPresent();
                return Optional.empty();
            }
            char first = text.charAt(position);
            boolean isName = key.get().equals("name")
                    || key.get().equals("tool_name")
                    || key.get().equals("function");
            boolean isArguments = key.get().equals("arguments") || key.get().equals("parameters");
            if (isName && first == '"') {
                name = string();
                if (name.isEmpty()) {
                    return Optional.empty();
                }
            } else if (key.get().equals("function") && first == '{') {
                depth++;
                position++;
                continue;
            } else if (isArguments && name.isPresent() && (first == '{' || first == '"')) {
                return Optional.of(new Head.Begins(name.get(), position, depth));
            } else {
                int from = position;
                if (!skipValue()) {
                    return Optional.empty();
                }
                if (isArguments) {
                    arguments = Optional.of(text.substring(from, position));
                }
            }
            while (peek() == '}') {
                position++;
                if (--depth == 0) {
                    Optional<String> given = arguments;
                    int end = position;
                    return name.map(called -> new Head.Whole(called, given, end));
                }
            }
            if (!take(',')) {
                return Optional.empty();
            }
        }
    }

    private Optional<String> key() {
        if (peek() != '"') {
            return Optional.empty();
        }
        Optional<String> key = string();
        if (key.isEmpty() || !take(':')) {
            return Optional.empty();
        }
        peek();
        return key;
    }

    /** The next character that is no whitespace, or 0 at the end of the text. */
    private char peek() {
        position = text.afterWhitespace(position);
        if (position < text.length()) {
            return text.charAt(position);
        }
        endSeen = true;
        return 0;
    }

    private boolean take(char expected) {
        if (peek() != expected) {
            return false;
        }
        position++;
        return true;
    }

    private Optional<String> string() {
        int from = position;
        if (!skipString()) {
            return Optional.empty();
        }
        return PlainJson.string(text.substring(from, position));
    }

    private boolean skipString() {
        for (int i = position + 1; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '\\') {
                i++;
            } else if (character == '"') {
                position = i + 1;
                return true;
            }
        }
        endSeen = true;
        return false;
    }

    /** Skips a string, a container by its brackets, or a word; what is in a container is not checked. */
    private boolean skipValue() {
        int depth = 0;
        do {
            char character = peek();
            if (character == '"') {
                if (!skipString()) {
                    return false;
                }
            } else if (character == 0) {
                return false;
            } else if (depth == 0 && character != '{' && character != '[') {
                return skipWord();
            } else {
                depth += character == '{' || character == '[' ? 1 : character == '}' || character == ']' ? -1 : 0;
                position++;
            }
        } while (depth > 0);
        return true;
    }

    private boolean skipWord() {
        int from = position;
        while (position < text.length() && isWordPart(text.charAt(position))) {
            position++;
        }
        endSeen |= position == text.length();
        return position > from && position < text.length();
    }

    private static boolean isWordPart(char character) {
        return (character >= '0' && character <= '9')
                || (character >= 'a' && character <= 'z')
                || character == '-'
                || character == '+'
                || character == '.'
                || character == 'E';
    }
}
