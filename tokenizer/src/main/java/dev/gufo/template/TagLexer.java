package dev.gufo.template;

import static dev.gufo.template.TemplateException.Kind.SYNTAX;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Cuts what stands between a tag's delimiters into names, literals and operators. */
final class TagLexer {
    private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
    private static final String OPERATORS = "+-/*%~[](){}>=<.:|,;";

    private final String source;
    private final List<Token> tokens;
    private final Deque<Character> open = new ArrayDeque<>();
    private int position;
    private int line;

    TagLexer(String source, int position, int line, List<Token> tokens) {
        this.source = source;
        this.position = position;
        this.line = line;
        this.tokens = tokens;
    }

    int position() {
        return position;
    }

    int line() {
        return line;
    }

    /** Whether every bracket is closed, so that the tag may end. */
    boolean balanced() {
        return open.isEmpty();
    }

    void skipSpace() {
        moveTo(Characters.skipSpace(source, position));
    }

    /** Reads one token; there is at least one character, and it is not a space. */
    void next() {
        int character = source.codePointAt(position);
        if (Characters.isAsciiDigit(character)) {
            number();
        } else if (Characters.isWord(character)) {
            name();
        } else if (character == '"' || character == '\'') {
            string((char) character);
        } else {
            operator();
        }
    }

    private void number() {
        boolean mayBeFloat = position == 0 || source.charAt(position - 1) != '.';
        int floatEnd = mayBeFloat ? floatEnd() : -1;
        if (floatEnd >= 0) {
            add(Token.Type.FLOAT, floatEnd);
            return;
        }
        int radix = 10;
        if (source.charAt(position) == '0' && position + 2 < source.length()) {
            radix = switch (source.charAt(position + 1)) {
                case 'b', 'B' -> 2;
                case 'o', 'O' -> 8;
                case 'x', 'X' -> 16;
                default -> 10;
            };
        }
        int prefixed = radix == 10 ? -1 : digitsEnd(position + 2, radix, true);
        if (prefixed > position + 2) {
            add(Token.Type.INTEGER, prefixed);
        } else if (source.charAt(position) == '0') {
            int end = position + 1;
            while (end < source.length() && source.charAt(end) == '0') {
                end++;
            }
            add(Token.Type.INTEGER, end);
        } else {
            add(Token.Type.INTEGER, digitsEnd(position, 10, false));
        }
    }

    /** The end of a float that begins here, -1 if it is an integer. */
    private int floatEnd() {
        int whole = digitsEnd(position, 10, false);
        int end = whole;
        if (end + 1 < source.length() && source.charAt(end) == '.' && Characters.isAsciiDigit(source.charAt(end + 1))) {
            end = digitsEnd(end + 1, 10, false);
        }
        int exponent = end;
        if (exponent < source.length() && (source.charAt(exponent) == 'e' || source.charAt(exponent) == 'E')) {
            exponent++;
            if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
                exponent++;
            }
            int digits = digitsEnd(exponent, 10, false);
            if (digits > exponent) {
                return digits;
            }
        }
        return end > whole ? end : -1;
    }

    /** The end of digits with single underscores between them. */
    private int digitsEnd(int from, int radix, boolean underscoreFirst) {
        int at = from;
        while (at < source.length()) {
            char character = source.charAt(at);
            boolean underscore = character == '_'
                    && (at > from || underscoreFirst)
                    && at + 1 < source.length()
                    && Character.digit(source.charAt(at + 1), radix) >= 0
                    && source.charAt(at + 1) < 128;
            if (!underscore && (character >= 128 || Character.digit(character, radix) < 0)) {
                break;
            }
            at += underscore ? 2 : 1;
        }
        return at;
    }

    private void name() {
        int end = position;
        while (end < source.length() && Characters.isWord(source.codePointAt(end))) {
            end += Character.charCount(source.codePointAt(end));
        }
        int first = source.codePointAt(position);
        if (first != '_' && !Character.isUnicodeIdentifierStart(first)) {
            throw error("invalid character in identifier");
        }
        add(Token.Type.NAME, end);
    }

    private void string(char quote) {
        int at = position + 1;
        while (at < source.length() && source.charAt(at) != quote) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= source.length()) {
            throw error("unexpected char '" + quote + "'");
        }
        tokens.add(new Token(Token.Type.STRING, unescape(source.substring(position + 1, at)), line));
        moveTo(at + 1);
    }

    private String unescape(String raw) {
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        StringBuilder text = new StringBuilder(raw.length());
        int at = 0;
        while (at < raw.length()) {
            char character = raw.charAt(at++);
            if (character != '\\') {
                text.append(character);
                continue;
            }
            char escape = raw.charAt(at++); // a string never ends in a lone backslash
            switch (escape) {
                case '\n' -> {}
                case '\\', '\'', '"' -> text.append(escape);
                case 'a' -> text.append('\u0007');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'v' -> text.append('\u000b');
                case 'x' -> at = hexadecimal(raw, at, 2, text);
                case 'u' -> at = hexadecimal(raw, at, 4, text);
                case 'U' -> at = hexadecimal(raw, at, 8, text);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> at = octal(raw, at - 1, text);
                case 'N' -> at = named(raw, at, text);
                default -> text.append('\\').append(escape);
            }
        }
        return text.toString();
    }

    private int hexadecimal(String raw, int from, int digits, StringBuilder text) {
        int codePoint = 0;
        for (int i = 0; i < digits; i++) {
            int digit = from + i < raw.length() && raw.charAt(from + i) < 128
                    ? Character.digit(raw.charAt(from + i), 16)
                    : -1;
            if (digit < 0 || codePoint > Character.MAX_CODE_POINT) {
                throw error("truncated or wrong escape in a string");
            }
            codePoint = codePoint * 16 + digit;
        }
        if (!Character.isValidCodePoint(codePoint)) {
            throw error("illegal Unicode character in a string");
        }
        text.appendCodePoint(codePoint);
        return from + digits;
    }

    private static int octal(String raw, int from, StringBuilder text) {
        int at = from;
        int codePoint = 0;
        while (at < raw.length() && at < from + 3 && raw.charAt(at) >= '0' && raw.charAt(at) <= '7') {
            codePoint = codePoint * 8 + raw.charAt(at++) - '0';
        }
        text.appendCodePoint(codePoint);
        return at;
    }

    private int named(String raw, int from, StringBuilder text) {
        int end = raw.indexOf('}', from);
        if (end < 0 || raw.charAt(from) != '{') {
            throw error("malformed \\N character escape");
        }
        try {
            text.appendCodePoint(Character.codePointOf(raw.substring(from + 1, end)));
        } catch (IllegalArgumentException unknown) {
            throw error("unknown Unicode character name");
        }
        return end + 1;
    }

    private void operator() {
        for (String operator : LONG_OPERATORS) {
            if (source.startsWith(operator, position)) {
                add(Token.Type.OPERATOR, position + 2);
                return;
            }
        }
        char operator = source.charAt(position);
        if (OPERATORS.indexOf(operator) < 0) {
            throw error("unexpected char '%s'".formatted(Character.toString(source.codePointAt(position))));
        }
        switch (operator) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty()) {
                    throw error("unexpected '%s'".formatted(operator));
                }
                char expected = open.pop();
                if (expected != operator) {
                    throw error("unexpected '%s', expected '%s'".formatted(operator, expected));
                }
            }
            default -> {}
        }
        add(Token.Type.OPERATOR, position + 1);
    }

    private void add(Token.Type type, int end) {
        tokens.add(new Token(type, source.substring(position, end), line));
        moveTo(end);
    }

    private void moveTo(int target) {
        for (int i = position; i < target; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        position = target;
    }

    private TemplateException error(String message) {
        return new TemplateException(SYNTAX, message, line);
    }
}
