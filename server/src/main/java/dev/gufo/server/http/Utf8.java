package dev.gufo.server.http;

/** Lengths in UTF-8. */
public final class Utf8 {
    private Utf8() {}

    /** Bytes of a text whose surrogates are paired. */
    public static int length(CharSequence text) {
        return text.codePoints().map(Utf8::length).sum();
    }

    /** Bytes of a code point. */
    public static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }
}
