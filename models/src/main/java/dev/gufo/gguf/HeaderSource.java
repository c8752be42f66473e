package dev.gufo.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Little-endian reads from a range of a file through one buffer; each is checked against the end before anything is
 * allocated.
 */
final class HeaderSource {
    /** What messages call a text that is not the value of a key. */
    static final String A_KEY = "a metadata key";

    static final String A_TENSOR = "a tensor's name";

    private static final int BUFFER_BYTES = 1 << 16;

    private final FileChannel channel;
    private final String fileName;
    private final long end;
    private final byte[] bytes = new byte[BUFFER_BYTES];
    private final ByteBuffer buffer =
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long filledTo;

    /**
     * Reads {@code channel} from {@code start} to {@code end}.
     *
     * @param fileName what messages call the file
     */
    HeaderSource(FileChannel channel, String fileName, long start, long end) {
        this.channel = channel;
        this.fileName = fileName;
        this.filledTo = start;
        this.end = end;
    }

    /** Bytes from the start of the file. */
    long position() {
        return filledTo - buffer.remaining();
    }

    long remaining() {
        return end - position();
    }

    byte int8() throws IOException {
        fill(1);
        return buffer.get();
    }

    short int16() throws IOException {
        fill(2);
        return buffer.getShort();
    }

    int int32() throws IOException {
        fill(4);
        return buffer.getInt();
    }

    long int64() throws IOException {
        fill(8);
        return buffer.getLong();
    }

    /**
     * Decodes {@code length} bytes, which the caller has bounded.
     *
     * @param what the key that the text is a value of, {@link #A_KEY} or {@link #A_TENSOR}
     */
    String text(int length, String what) throws IOException {
        byte[] source = bytes;
        int from = 0;
        if (length <= BUFFER_BYTES) {
            fill(length);
            from = buffer.position();
            buffer.position(from + length);
        } else {
            source = longText(length);
        }
        requireUtf8(source, from, length, what);
        return new String(source, from, length, StandardCharsets.UTF_8);
    }

    /** Moves past {@code length} bytes, which the caller has bounded, after checking that they are UTF-8. */
    void skipText(int length, String what) throws IOException {
        if (length <= BUFFER_BYTES) {
            fill(length);
            requireUtf8(bytes, buffer.position(), length, what);
            buffer.position(buffer.position() + length);
        } else {
            requireUtf8(longText(length), 0, length, what);
        }
    }

    void skip(long count) throws IOException {
        if (count > remaining()) {
            throw truncated();
        }
        if (count <= buffer.remaining()) {
            buffer.position(buffer.position() + (int) count);
        } else {
            filledTo += count - buffer.remaining();
            buffer.limit(0);
        }
    }

    GgufException invalid(String message) {
        return new GgufException(fileName + ": " + message);
    }

    /** {@code what} in a message: put together only then, as there are as many as values. */
    static String named(String what) {
        return what.equals(A_KEY) || what.equals(A_TENSOR) ? what : "key '%s'".formatted(what);
    }

    private byte[] longText(int length) throws IOException {
        if (length > remaining()) {
            throw truncated();
        }
        byte[] text = new byte[length];
        int buffered = buffer.remaining();
        buffer.get(text, 0, buffered);
        ByteBuffer rest = ByteBuffer.wrap(text, buffered, length - buffered);
        while (rest.hasRemaining()) {
            filledTo += readAtEnd(rest);
        }
        return text;
    }

    private void fill(int count) throws IOException {
        if (buffer.remaining() >= count) {
            return;
        }
        if (remaining() < count) {
            throw truncated();
        }
        buffer.compact();
        while (buffer.position() < count) {
            filledTo += readAtEnd(buffer);
        }
        buffer.flip();
    }

    private int readAtEnd(ByteBuffer target) throws IOException {
        int read = channel.read(target, filledTo);
        if (read < 0) { // someone cut the file since it was opened
            throw truncated();
        }
        return read;
    }

    private void requireUtf8(byte[] source, int from, int length, String what) throws GgufException {
        if (!Utf8.isValid(source, from, from + length)) {
            throw invalid(named(what) + " is no valid UTF-8");
        }
    }

    private GgufException truncated() {
        return invalid("the header goes beyond byte %d; the file is truncated or damaged".formatted(end));
    }
}
