package dev.gufo.gguf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes values as GGUF holds them. */
final class LittleEndian {
    private final OutputStream out;

    LittleEndian(OutputStream out) {
        this.out = out;
    }

    void int32(int value) throws IOException {
        bytes(value, Integer.BYTES);
    }

    void int64(long value) throws IOException {
        bytes(value, Long.BYTES);
    }

    void text(String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int64(bytes.length);
        out.write(bytes);
    }

    void bool(boolean value) throws IOException {
        out.write(value ? 1 : 0);
    }

    void integer(GgufValueType type, long value) throws IOException {
        bytes(value, type.bytes());
    }

    void real(GgufValueType type, double value) throws IOException {
        if (type == GgufValueType.FLOAT32) {
            int32(Float.floatToRawIntBits((float) value));
        } else {
            int64(Double.doubleToRawLongBits(value));
        }
    }

    private void bytes(long value, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }
}
