package dev.gufo.engine.worker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Appends values to a frame that grows, big-endian. The first four bytes are the frame's length, filled in at the end.
 */
final class FrameWriter {
    private static final int FIRST_CAPACITY = 512;

    private ByteBuffer bytes = ByteBuffer.allocate(FIRST_CAPACITY).position(Integer.BYTES);

    FrameWriter int8(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    FrameWriter int32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    FrameWriter int64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    FrameWriter float32(float value) {
        room(Float.BYTES).putFloat(value);
        return this;
    }

    FrameWriter bool(boolean value) {
        return int8(value ? 1 : 0);
    }

    FrameWriter bytes(byte[] value) {
        room(Integer.BYTES + value.length).putInt(value.length).put(value);
        return this;
    }

    /** As UTF-8; a lone surrogate becomes a question mark, as it would on the way to the tokenizer. */
    FrameWriter string(String value) {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    FrameWriter ints(int[] values) {
        ByteBuffer room = room(Integer.BYTES + Math.multiplyExact(Integer.BYTES, values.length));
        room.putInt(values.length).asIntBuffer().put(values);
        room.position(room.position() + Integer.BYTES * values.length);
        return this;
    }

    FrameWriter longs(long[] values) {
        ByteBuffer room = room(Integer.BYTES + Math.multiplyExact(Long.BYTES, values.length));
        room.putInt(values.length).asLongBuffer().put(values);
        room.position(room.position() + Long.BYTES * values.length);
        return this;
    }

    FrameWriter floats(float[] values) {
        ByteBuffer room = room(Integer.BYTES + Math.multiplyExact(Float.BYTES, values.length));
        room.putInt(values.length).asFloatBuffer().put(values);
        room.position(room.position() + Float.BYTES * values.length);
        return this;
    }

    FrameWriter duration(Duration value) {
        return int64(value.getSeconds()).int32(value.getNano());
    }

    /** The whole frame, its length in front; this writer is of no use afterwards. */
    ByteBuffer frame() {
        bytes.flip();
        return bytes.putInt(0, bytes.limit() - Integer.BYTES);
    }

    private ByteBuffer room(int needed) {
        if (bytes.remaining() < needed) {
            int capacity = Math.max(Math.addExact(bytes.position(), needed), 2 * bytes.capacity());
            bytes = ByteBuffer.allocate(capacity).put(bytes.flip());
        }
        return bytes;
    }
}
