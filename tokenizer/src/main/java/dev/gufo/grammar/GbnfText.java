package dev.gufo.grammar;

/** The characters of a grammar and how far they are read. */
final class GbnfText {
    /** What {@link #current} is behind the last character. */
    static final int END = -1;

    private final String source;
    private int position;

    GbnfText(String source) {
        this.source = source;
    }

    int position() {
        return position;
    }

    boolean atEnd() {
        return position == source.length();
    }

    /** The UTF-16 unit at the position, or {@link #END}. */
    int current() {
        return atEnd() ? END : source.charAt(position);
    }

    /** The UTF-16 unit after the current one, or {@link #END}. */
    int next() {
        return position + 1 < source.length() ? source.charAt(position + 1) : END;
    }

    boolean is(char expected) {
        return current() == expected;
    }

    /** Goes past {@code expected} if it stands here. */
    boolean skip(String expected) {
        boolean here = source.startsWith(expected, position);
        if (here) {
            position += expected.length();
        }
        return here;
    }

    /** Goes past blanks and comments, and past line breaks if {@code lines}. */
    void skipSpace(boolean lines) {
        while (true) {
            switch (current()) {
                case ' ', '\t' -> position++;
                case '#' -> skipComment();
                case '\r', '\n' -> {
                    if (!lines) {
                        return;
                    }
                    position++;
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void skipComment() {
        while (!atEnd() && !is('\r') && !is('\n')) {
            position++;
        }
    }

    boolean atName() {
        int c = current();
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    }

    /** A rule's name: letters, digits and dashes. */
    String name() {
        int start = position;
        while (atName()) {
            position++;
        }
        if (position == start) {
            throw unexpected("the name of a rule");
        }
        return source.substring(start, position);
    }

    /** A decimal number. */
    int number(int mostDigits) {
        int start = position;
        while (current() >= '0' && current() <= '9') {
            position++;
        }
        if (position == start) {
            throw unexpected("a number");
        }
        if (position - start > mostDigits) {
            throw error(start, "a number has more than %d digits".formatted(mostDigits));
        }
        return Integer.parseInt(source, start, position, 10);
    }

    /**
     * A code point, as itself or escaped.
     *
     * @param start where the literal or class began that is being read
     * @param what its name in an error
     */
    int character(int start, String what) {
        if (atEnd()) {
            throw error(start, "the %s has no end".formatted(what));
        }
        if (is('\\')) {
            return escape(start, what);
        }
        int codePoint = source.codePointAt(position);
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            throw error("half a surrogate pair");
        }
        position += Character.charCount(codePoint);
        return codePoint;
    }

    private int escape(int start, String what) {
        int kind = next();
        if (kind == END) {
            throw error(start, "the %s has no end".formatted(what));
        }
        position += 2;
        return switch (kind) {
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\', '"', '[', ']', '-' -> kind;
            default -> throw error(position - 2, "unknown escape '\\%s'".formatted(printable(kind)));
        };
    }

    private int hex(int digits) {
        int start = position;
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = current() < 0x80 ? Character.digit(current(), 16) : -1;
            if (digit < 0) {
                throw error(start, "expected %d hexadecimal digits".formatted(digits));
            }
            value = (value << 4) | digit;
            position++;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw error(start, "%X is beyond U+10FFFF".formatted(value));
        }
        return (int) value;
    }

    GrammarException unexpected(String expectation) {
        return error(
                "expected %s, got %s".formatted(expectation, atEnd() ? "the end" : "'" + printable(current()) + "'"));
    }

    GrammarException error(String message) {
        return error(position, message);
    }

    GrammarException error(int at, String message) {
        int line = 1;
        for (int i = 0; i < at; i++) {
            char c = source.charAt(i);
            if (c == '\n' || (c == '\r' && (i + 1 == source.length() || source.charAt(i + 1) != '\n'))) {
                line++;
            }
        }
        return new GrammarException(line, message);
    }

    private static String printable(int c) {
        return c >= ' ' && c < 0x7F ? String.valueOf((char) c) : "U+%04X".formatted(c);
    }
}
