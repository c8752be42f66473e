package dev.gufo.server.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JSON written by hand into one buffer that is used again and again, because it is on the path of every token. */
public final class JsonBytes {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_ESCAPE = 6;

    private static final int LONG = 64 << 10;

    private byte[] buffer = new byte[512];
    private int length;

    /** Appends bytes as they are. */
    public JsonBytes raw(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        return this;
    }

    /** Appends text as it is. */
    public JsonBytes raw(String text) {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends a number. */
    public JsonBytes number(long value) {
        return raw(Long.toString(value));
    }

    /** Appends a string with its quotes; halves of surrogate pairs become question marks. */
    public JsonBytes string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return raw("\"").escaped(utf8, utf8.length).raw("\"");
    }

    /** Appends the first {@code count} bytes of valid UTF-8 as the inside of a JSON string. */
    public JsonBytes escaped(byte[] utf8, int count) {
        reserve(count * LONGEST_ESCAPE);
        int at = length;
        for (int i = 0; i < count; i++) {
            byte next = utf8[i];
            if (next < 0 || (next >= 0x20 && next != '"' && next != '\\')) {
                buffer[at++] = next;
            } else {
                at = escape(next, at);
            }
        }
        length = at;
        return this;
    }

    private int escape(byte next, int start) {
        int at = start;
        buffer[at++] = '\\';
        switch (next) {
            case '"', '\\' -> buffer[at++] = next;
            case '\n' -> buffer[at++] = 'n';
            case '\r' -> buffer[at++] = 'r';
            case '\t' -> buffer[at++] = 't';
            default -> {
                buffer[at++] = 'u';
                buffer[at++] = '0';
                buffer[at++] = '0';
                buffer[at++] = HEX[next >> 4];
                buffer[at++] = HEX[next & 0xF];
            }
        }
        return at;
    }

    /** Number of bytes written. */
    public int length() {
        return length;
    }

    /** What was written, as text. */
    @Override
    public String toString() {
        return new String(buffer, 0, length, StandardCharsets.UTF_8);
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        return Arrays.copyOf(buffer, length);
    }

    /**
     * Writes everything to {@code out} and starts anew, if there is enough that it pays: an answer of any size is
     * written in parts as it is made.
     */
    public void drainIfLong(OutputStream out) throws IOException {
        if (length >= LONG) {
            drainTo(out);
        }
    }

    /** Writes everything to {@code out} and starts anew. */
    public void drainTo(OutputStream out) throws IOException {
        out.write(buffer, 0, length);
        length = 0;
    }

    private void reserve(int more) {
        if (length + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }
}
