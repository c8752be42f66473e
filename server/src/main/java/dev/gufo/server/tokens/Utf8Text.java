package dev.gufo.server.tokens;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text that comes as bytes which may end within a character. What is no UTF-8 becomes U+FFFD. Belongs to one thread.
 */
final class Utf8Text {
    private static final int LONGEST_CHARACTER = 4;

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] begun = {};

    /** Takes further bytes and gives the characters that are complete. */
    String add(byte[] bytes) {
        ByteBuffer in = ByteBuffer.allocate(begun.length + bytes.length);
        in.put(begun).put(bytes).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + LONGEST_CHARACTER);
        decoder.decode(in, out, false);
        begun = new byte[in.remaining()];
        in.get(begun);
        return out.flip().toString();
    }

    /** What is left at the end: a character that was cut off, or nothing. */
    String end() {
        CharBuffer out = CharBuffer.allocate(begun.length + LONGEST_CHARACTER);
        decoder.decode(ByteBuffer.wrap(begun), out, true);
        decoder.flush(out);
        return out.flip().toString();
    }
}
