package dev.gufo.gguf;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects metadata and tensors and writes them as a GGUF file of version 3. For one thread; writes any number of
 * files.
 */
public final class GgufWriter {
    private static final int VERSION = 3;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Map<String, byte[]> metadata = new LinkedHashMap<>(); // values with their type, as in the file
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private int alignment = HeaderReader.DEFAULT_ALIGNMENT;

    /** Writes a tensor's data: exactly the bytes that its shape and type take, as blocks of the type, little endian. */
    @FunctionalInterface
    public interface TensorData {
        /**
         * Writes all bytes to {@code out}.
         *
         * @param out buffered; not to be closed
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /** The name is the key in the map; the offset follows from the tensors before. */
    private record Tensor(List<Long> dims, GgmlType type, TensorData data) {
        long bytes() {
            long rows = dims.stream().skip(1).reduce(1L, Math::multiplyExact);
            return Math.multiplyExact(type.bytes(dims.getFirst()), rows);
        }
    }

    /** Adds a value that is not an array; {@code general.alignment} also becomes this file's alignment. */
    public GgufWriter put(String key, GgufValue value) {
        if (key.equals("general.alignment")) {
            alignment = alignmentOf(value);
        }
        return put(key, value.type(), out -> {
            switch (value) {
                case GgufValue.Int(GgufValueType type, long number) -> out.integer(type, number);
                case GgufValue.Real(GgufValueType type, double number) -> out.real(type, number);
                case GgufValue.Bool(boolean bool) -> out.bool(bool);
                case GgufValue.Text(String text) -> out.text(text);
                case GgufValue.Array _ ->
                    throw new IllegalArgumentException("%s: an array is written from its elements".formatted(key));
            }
        });
    }

    /** Adds a string. */
    public GgufWriter string(String key, String value) {
        return put(key, new GgufValue.Text(value));
    }

    /** Adds a whole number from 0 to 2^32 - 1. */
    public GgufWriter uint32(String key, long value) {
        return put(key, new GgufValue.Int(GgufValueType.UINT32, value));
    }

    /** Adds a floating point number of 32 bits. */
    public GgufWriter float32(String key, float value) {
        return put(key, new GgufValue.Real(GgufValueType.FLOAT32, value));
    }

    /** Adds a truth value. */
    public GgufWriter bool(String key, boolean value) {
        return put(key, new GgufValue.Bool(value));
    }

    /** Adds an array of strings. */
    public GgufWriter strings(String key, List<String> values) {
        return array(key, GgufValueType.STRING, values.size(), out -> {
            for (String value : values) {
                out.text(value);
            }
        });
    }

    /** Adds an array of whole numbers of {@code type}; of {@code UINT64} as bits. */
    public GgufWriter integers(String key, GgufValueType type, long... values) {
        return array(key, type, values.length, out -> {
            for (long value : values) {
                out.integer(type, new GgufValue.Int(type, value).value()); // checks that it fits
            }
        });
    }

    /** Adds an array of floating point numbers of {@code type}. */
    public GgufWriter floats(String key, GgufValueType type, double... values) {
        return array(key, type, values.length, out -> {
            for (double value : values) {
                out.real(type, value);
            }
        });
    }

    /** Adds an array of truth values. */
    public GgufWriter bools(String key, boolean... values) {
        return array(key, GgufValueType.BOOL, values.length, out -> {
            for (boolean value : values) {
                out.bool(value);
            }
        });
    }

    /**
     * Adds a tensor, behind those that are there.
     *
     * @param name 1 to 63 bytes
     * @param dims 1 to 4 dimensions, the one that lies together first, each at least 1
     * @throws IllegalArgumentException if name, dimensions or type do not make a tensor
     */
    public GgufWriter tensor(String name, List<Long> dims, GgmlType type, TensorData data) {
        int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
        require(nameBytes >= 1 && nameBytes <= HeaderReader.MAX_TENSOR_NAME_BYTES, name, "name has 1 to 63 bytes");
        require(!dims.isEmpty() && dims.size() <= HeaderReader.MAX_DIMS, name, "a tensor has 1 to 4 dimensions");
        require(dims.stream().allMatch(dim -> dim >= 1), name, "dimensions are at least 1");
        require(dims.getFirst() % type.blockElements() == 0, name, "rows are whole blocks of " + type);
        require(tensors.putIfAbsent(name, new Tensor(List.copyOf(dims), type, data)) == null, name, "added twice");
        return this;
    }

    /**
     * Writes the file: under a name of its own first, then in place of {@code path}, so that no one sees half a file.
     *
     * @throws IllegalStateException if a tensor's data has not the size that its shape and type take
     */
    public void write(Path path) throws IOException {
        Path partial = path.resolveSibling("." + GgufFile.nameOf(path) + ".part");
        try {
            try (CountingStream out =
                    new CountingStream(new BufferedOutputStream(Files.newOutputStream(partial), BUFFER_BYTES))) {
                writeHeader(out);
                for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
                    writeData(tensor.getKey(), tensor.getValue(), out);
                }
            }
            Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private interface Encoder {
        void encode(LittleEndian out) throws IOException;
    }

    private GgufWriter put(String key, GgufValueType type, Encoder value) {
        int keyBytes = key.getBytes(StandardCharsets.UTF_8).length;
        require(keyBytes >= 1 && keyBytes <= HeaderReader.MAX_KEY_BYTES, key, "a key has 1 to 65535 bytes");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LittleEndian out = new LittleEndian(bytes);
        try {
            out.int32(type.id());
            value.encode(out);
        } catch (IOException e) {
            throw new AssertionError("a stream in memory failed", e);
        }
        require(metadata.putIfAbsent(key, bytes.toByteArray()) == null, key, "added twice");
        return this;
    }

    private GgufWriter array(String key, GgufValueType elements, int length, Encoder values) {
        return put(key, GgufValueType.ARRAY, out -> {
            out.int32(elements.id());
            out.int64(length);
            values.encode(out);
        });
    }

    private static int alignmentOf(GgufValue value) {
        if (value instanceof GgufValue.Int(GgufValueType type, long number)
                && type == GgufValueType.UINT32
                && number >= 8
                && number <= HeaderReader.MAX_ALIGNMENT
                && Long.bitCount(number) == 1) {
            return (int) number;
        }
        throw new IllegalArgumentException("general.alignment must be a power of two from 8 to %d, of UINT32, is %s"
                .formatted(HeaderReader.MAX_ALIGNMENT, value));
    }

    private static void require(boolean holds, String name, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("%s: %s".formatted(name, rule));
        }
    }

    private void writeHeader(CountingStream out) throws IOException {
        LittleEndian header = new LittleEndian(out);
        header.int32(HeaderReader.MAGIC);
        header.int32(VERSION);
        header.int64(tensors.size());
        header.int64(metadata.size());
        for (Map.Entry<String, byte[]> entry : metadata.entrySet()) {
            header.text(entry.getKey());
            out.write(entry.getValue());
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            header.text(entry.getKey());
            header.int32(tensor.dims().size());
            for (long dim : tensor.dims()) {
                header.int64(dim);
            }
            header.int32(tensor.type().id());
            header.int64(offset);
            offset += tensor.bytes() + padding(tensor.bytes());
        }
        out.write(new byte[padding(out.count())]);
    }

    private void writeData(String name, Tensor tensor, CountingStream out) throws IOException {
        long start = out.count();
        tensor.data().writeTo(out);
        long written = out.count() - start;
        if (written != tensor.bytes()) {
            throw new IllegalStateException(
                    "tensor '%s': %d bytes written, its shape takes %d".formatted(name, written, tensor.bytes()));
        }
        out.write(new byte[padding(written)]);
    }

    private int padding(long bytes) {
        return Math.floorMod(-bytes, alignment);
    }

    /** Counts the bytes that pass. */
    private static final class CountingStream extends FilterOutputStream {
        private long count;

        CountingStream(OutputStream out) {
            super(out);
        }

        long count() {
            return count;
        }

        @Override
        public void write(int value) throws IOException {
            out.write(value);
            count++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            count += length;
        }
    }

    /** Writes values as GGUF holds them. */
    private static final class LittleEndian {
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
}
