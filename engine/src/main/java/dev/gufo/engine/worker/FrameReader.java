package dev.gufo.engine.worker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Takes values out of one frame. Nothing is allocated before it is known that the frame holds it, so that a wrong
 * length costs no memory. Every method throws {@link BrokenFrame} where the frame ends too early or a value is out of
 * range.
 */
final class FrameReader {
    private static final int NANOS_PER_SECOND = 1_000_000_000;

    private final ByteBuffer bytes;

    /** @param bytes read from its position to its limit, which is the frame's end */
    FrameReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    int int8() throws BrokenFrame {
        need(Byte.BYTES);
        return bytes.get();
    }

    int int32() throws BrokenFrame {
        need(Integer.BYTES);
        return bytes.getInt();
    }

    long int64() throws BrokenFrame {
        need(Long.BYTES);
        return bytes.getLong();
    }

    float float32() throws BrokenFrame {
        need(Float.BYTES);
        return bytes.getFloat();
    }

    boolean bool() throws BrokenFrame {
        int value = int8();
        if (value != 0 && value != 1) {
            throw new BrokenFrame("%d is no boolean".formatted(value));
        }
        return value == 1;
    }

    /** The number of elements that follow, each of at least {@code elementBytes}. */
    int count(int elementBytes) throws BrokenFrame {
        int count = int32();
        if (count < 0 || count > bytes.remaining() / elementBytes) {
            throw new BrokenFrame("%d elements of %d bytes do not fit the %d bytes that are left"
                    .formatted(count, elementBytes, bytes.remaining()));
        }
        return count;
    }

    /** One byte that numbers one of {@code count} things. */
    int index(int count) throws BrokenFrame {
        int index = int8();
        if (index < 0 || index >= count) {
            throw new BrokenFrame("%d is none of %d".formatted(index, count));
        }
        return index;
    }

    byte[] bytes() throws BrokenFrame {
        byte[] value = new byte[count(Byte.BYTES)];
        bytes.get(value);
        return value;
    }

    String string() throws BrokenFrame {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    int[] ints() throws BrokenFrame {
        int[] values = new int[count(Integer.BYTES)];
        bytes.asIntBuffer().get(values);
        bytes.position(bytes.position() + Integer.BYTES * values.length);
        return values;
    }

    long[] longs() throws BrokenFrame {
        long[] values = new long[count(Long.BYTES)];
        bytes.asLongBuffer().get(values);
        bytes.position(bytes.position() + Long.BYTES * values.length);
        return values;
    }

    float[] floats() throws BrokenFrame {
        float[] values = new float[count(Float.BYTES)];
        bytes.asFloatBuffer().get(values);
        bytes.position(bytes.position() + Float.BYTES * values.length);
        return values;
    }

    Duration duration() throws BrokenFrame {
        long seconds = int64();
        int nanos = int32();
        if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw new BrokenFrame("%d nanoseconds of a second".formatted(nanos));
        }
        return Duration.ofSeconds(seconds, nanos); // no carry, so nothing overflows
    }

    /** Checks that nothing is left. */
    void end() throws BrokenFrame {
        if (bytes.hasRemaining()) {
            throw new BrokenFrame("%d bytes too many".formatted(bytes.remaining()));
        }
    }

    private void need(int count) throws BrokenFrame {
        if (bytes.remaining() < count) {
            throw new BrokenFrame("%d bytes are left of %d".formatted(bytes.remaining(), count));
        }
    }
}
