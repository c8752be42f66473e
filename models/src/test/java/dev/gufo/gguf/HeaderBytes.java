package dev.gufo.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts a header together field by field, right or wrong. */
final class HeaderBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Starts with the magic and version 3. */
    static HeaderBytes of(long tensors, long keys) {
        return new HeaderBytes()
                .int32(HeaderReader.MAGIC)
                .int32(3)
                .int64(tensors)
                .int64(keys);
    }

    HeaderBytes int8(int value) {
        bytes.write(value);
        return this;
    }

    HeaderBytes int32(int value) {
        for (int i = 0; i < 4; i++) {
            bytes.write(value >>> (8 * i));
        }
        return this;
    }

    HeaderBytes int64(long value) {
        return int32((int) value).int32((int) (value >>> 32));
    }

    HeaderBytes text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return int64(utf8.length).raw(utf8);
    }

    HeaderBytes raw(byte... more) {
        bytes.writeBytes(more);
        return this;
    }

    HeaderBytes tensor(String name, GgmlType type, long offset, long... dims) {
        text(name).int32(dims.length);
        for (long dim : dims) {
            int64(dim);
        }
        return int32(type.id()).int64(offset);
    }

    /** Adds zeros, as if they were the data section. */
    HeaderBytes data(int length) {
        return raw(new byte[length]);
    }

    Path in(Path folder) throws IOException {
        return Files.write(folder.resolve("model.gguf"), bytes.toByteArray());
    }
}
