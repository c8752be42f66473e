package dev.gufo.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The header of a GGUF file: metadata and the table of tensors, all of it checked. Immutable, any thread.
 *
 * <p>Arrays stay in the file; the methods that decode one open the file anew. A getter is empty if the key is absent or
 * its value is of another type.
 */
public final class GgufFile {
    private final Path path;
    private final int version;
    private final int alignment;
    private final long dataOffset;
    private final long bytes;
    private final Map<String, GgufValue> metadata;
    private final Map<String, GgufTensor> tensors;

    GgufFile(
            Path path,
            int version,
            int alignment,
            long dataOffset,
            long bytes,
            Map<String, GgufValue> metadata,
            Map<String, GgufTensor> tensors) {
        this.path = path;
        this.version = version;
        this.alignment = alignment;
        this.dataOffset = dataOffset;
        this.bytes = bytes;
        this.metadata = Collections.unmodifiableMap(metadata);
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Reads and checks the header of {@code path}, a file of version 2 or 3.
     *
     * @throws GgufException if the file is no GGUF file, is damaged, or goes beyond a limit
     * @throws IOException if the file cannot be read
     */
    public static GgufFile read(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return HeaderReader.read(path, channel);
        }
    }

    /** What messages call {@code path}: its last name. */
    static String nameOf(Path path) {
        Path name = path.getFileName();
        return name == null ? path.toString() : name.toString();
    }

    /** The file that this header was read from. */
    public Path path() {
        return path;
    }

    /** The format's version; 2 or 3. */
    public int version() {
        return version;
    }

    /** What every tensor's offset is a multiple of, in bytes; a power of two from 8. */
    public int alignment() {
        return alignment;
    }

    /** Where the data section starts, in bytes from the start of the file. */
    public long dataOffset() {
        return dataOffset;
    }

    /** The file's size in bytes when it was read. */
    public long bytes() {
        return bytes;
    }

    /** All metadata, in the file's order. */
    public Map<String, GgufValue> metadata() {
        return metadata;
    }

    /** All tensors, in the file's order, which is that of their data. */
    public List<GgufTensor> tensors() {
        return List.copyOf(tensors.values());
    }

    /** The tensor called {@code name}. */
    public Optional<GgufTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The string at {@code key}. */
    public Optional<String> string(String key) {
        return metadata.get(key) instanceof GgufValue.Text(String value) ? Optional.of(value) : Optional.empty();
    }

    /** The whole number at {@code key}, of any width; empty from 2^63 on. */
    public OptionalLong integer(String key) {
        return metadata.get(key) instanceof GgufValue.Int number && number.isLong()
                ? OptionalLong.of(number.value())
                : OptionalLong.empty();
    }

    /** The number at {@code key}, floating point or whole. */
    public OptionalDouble floating(String key) {
        GgufValue value = metadata.get(key);
        if (value instanceof GgufValue.Real(GgufValueType _, double number)) {
            return OptionalDouble.of(number);
        }
        return value instanceof GgufValue.Int number
                ? OptionalDouble.of(number.toBigInteger().doubleValue())
                : OptionalDouble.empty();
    }

    /** Whether {@code key} is true. */
    public Optional<Boolean> bool(String key) {
        return metadata.get(key) instanceof GgufValue.Bool(boolean value) ? Optional.of(value) : Optional.empty();
    }

    /** The length of the array at {@code key}. */
    public OptionalInt arrayLength(String key) {
        return metadata.get(key) instanceof GgufValue.Array array
                ? OptionalInt.of(array.length())
                : OptionalInt.empty();
    }

    /**
     * Decodes the array of strings at {@code key}.
     *
     * @throws GgufException if the file has changed and is damaged now
     */
    public Optional<List<String>> strings(String key) throws IOException {
        Optional<GgufValue.Array> array = array(key);
        return array.isPresent() && array.get().elements() == GgufValueType.STRING
                ? Optional.of(ArrayReader.strings(path, key, array.get()))
                : Optional.empty();
    }

    /**
     * Decodes one element of the array of strings at {@code key}, without keeping the others.
     *
     * @param index from 0; empty if the array is shorter
     * @throws GgufException if the file has changed and is damaged now
     */
    public Optional<String> stringAt(String key, long index) throws IOException {
        Optional<GgufValue.Array> array = array(key);
        boolean inRange = array.isPresent()
                && array.get().elements() == GgufValueType.STRING
                && index >= 0
                && index < array.get().length();
        return inRange ? Optional.of(ArrayReader.stringAt(path, key, array.get(), (int) index)) : Optional.empty();
    }

    /**
     * Decodes the array of whole numbers at {@code key}, of any width; {@code UINT64} as bits.
     *
     * @throws GgufException if the file has changed and is damaged now
     */
    public Optional<long[]> integers(String key) throws IOException {
        Optional<GgufValue.Array> array = array(key);
        return array.isPresent() && array.get().elements().isInteger()
                ? Optional.of(ArrayReader.integers(path, array.get()))
                : Optional.empty();
    }

    /**
     * Decodes the array of floating point numbers at {@code key}.
     *
     * @throws GgufException if the file has changed and is damaged now
     */
    public Optional<double[]> floats(String key) throws IOException {
        Optional<GgufValue.Array> array = array(key);
        return array.isPresent() && array.get().elements().isReal()
                ? Optional.of(ArrayReader.floats(path, array.get()))
                : Optional.empty();
    }

    /**
     * Decodes the array of truth values at {@code key}; any byte but 0 is true.
     *
     * @throws GgufException if the file has changed and is damaged now
     */
    public Optional<boolean[]> bools(String key) throws IOException {
        Optional<GgufValue.Array> array = array(key);
        return array.isPresent() && array.get().elements() == GgufValueType.BOOL
                ? Optional.of(ArrayReader.bools(path, array.get()))
                : Optional.empty();
    }

    private Optional<GgufValue.Array> array(String key) {
        return metadata.get(key) instanceof GgufValue.Array array ? Optional.of(array) : Optional.empty();
    }
}
