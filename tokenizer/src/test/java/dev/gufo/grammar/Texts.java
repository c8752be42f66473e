package dev.gufo.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What tests ask about whole texts. */
public final class Texts {
    private Texts() {}

    static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    static String string(byte[] utf8) {
        return new String(utf8, UTF_8);
    }

    /** Whether {@code text} is the beginning of a sentence, read byte by byte. */
    static boolean begins(Grammar grammar, String text) {
        return read(grammar.matcher(), text);
    }

    /** Whether {@code text} is a sentence. */
    public static boolean matches(Grammar grammar, String text) {
        Matcher matcher = grammar.matcher();
        return read(matcher, text) && matcher.isComplete();
    }

    private static boolean read(Matcher matcher, String text) {
        for (byte b : utf8(text)) {
            if (!matcher.advance(new byte[] {b})) {
                return false;
            }
        }
        return true;
    }
}
