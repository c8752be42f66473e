package dev.gufo.server.http;

/** Lengths in UTF-8. */
public final class Utf8 {
    private Utf8() {}

    /** Bytes of a text whose surrogates are paired. */
    public static int length(CharSequence text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = Character.codePointAt(text, i);
            bytes += length(codePoint);
            i += Character.charCount(codePoint);
        }
        return bytes;
    }

    /** Bytes of a code point. */
    public static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }
}
