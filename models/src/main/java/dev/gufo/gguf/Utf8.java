package dev.gufo.gguf;

/** Tells valid UTF-8 from other bytes without decoding it; the byte ranges are table 3-7 of the Unicode standard. */
final class Utf8 {
    private Utf8() {}

    /** Whether the bytes from {@code from} (inclusive) to {@code to} (exclusive) are well-formed UTF-8. */
    static boolean isValid(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            if (bytes[at] >= 0) {
                at++;
                continue;
            }
            int length = lengthOf(bytes, at, to);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** Bytes of the well-formed character of two to four bytes at {@code at}; 0 if there is none. */
    private static int lengthOf(byte[] bytes, int at, int to) {
        int first = bytes[at] & 0xFF;
        int length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        if (length == 0 || to - at < length) {
            return 0;
        }
        int second = bytes[at + 1] & 0xFF;
        // No overlong forms (E0, F0), no surrogates (ED), nothing past U+10FFFF (F4).
        int lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < lowest || second > highest) {
            return 0;
        }
        for (int i = 2; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
}
