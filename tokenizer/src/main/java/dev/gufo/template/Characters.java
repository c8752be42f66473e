package dev.gufo.template;

/** What Python calls a space, a letter, a line's end. Offsets are UTF-16 units; every space is one unit. */
final class Characters {
    private Characters() {}

    /** Python's {@code str.isspace} and {@code \s}. */
    static boolean isSpace(int codePoint) {
        return (codePoint >= 9 && codePoint <= 13)
                || (codePoint >= 28 && codePoint <= 32)
                || codePoint == 0x85
                || codePoint == 0xA0
                || (codePoint > 0xFF && Character.isSpaceChar(codePoint));
    }

    static boolean isAsciiDigit(int codePoint) {
        return codePoint >= '0' && codePoint <= '9';
    }

    /** Python's {@code \w}. */
    static boolean isWord(int codePoint) {
        return codePoint == '_' || isAlphanumeric(codePoint);
    }

    static boolean isAlphanumeric(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isLetter(codePoint)
                || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    /** Where {@code str.splitlines} breaks. */
    static boolean isLineBreak(char unit) {
        return (unit >= 10 && unit <= 13)
                || (unit >= 28 && unit <= 30)
                || unit == 0x85
                || unit == 0x2028
                || unit == 0x2029;
    }

    /** Python's {@code str.isprintable}. */
    static boolean isPrintable(int codePoint) {
        return codePoint == ' '
                || switch (Character.getType(codePoint)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    static int skipSpace(String text, int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The offset after the last character that is not a space, at least {@code from}. */
    static int strippedEnd(String text, int from) {
        int end = text.length();
        while (end > from && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }
}
